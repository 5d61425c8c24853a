"""The whole system on one machine: the very template, on an emulated AWS."""
