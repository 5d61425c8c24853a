"""The composition root: the only place that reads the environment and builds adapters.

A module for each function and one for what they share, so that none loads what another needs.
Everything is built at its first use and kept for as long as the process lives.
"""
