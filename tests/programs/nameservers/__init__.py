"""Zones on Knot, BIND and NSD, and Unbound that resolves them: healthy, and broken in every way."""
