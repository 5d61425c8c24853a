"""Tocsin watches network services from several places and rings only when a quorum agrees."""

__version__ = "0.1.0"
