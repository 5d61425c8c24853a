"""The operator's `tocsin` command; nothing of it ships to Lambda."""

__version__ = "0.1.0"
