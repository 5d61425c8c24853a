"""The operator's `tocsin` command; nothing of it ships to Lambda."""
