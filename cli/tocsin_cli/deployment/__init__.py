"""Bring an installation to AWS: built once, deployed to each region, and taken away again."""
