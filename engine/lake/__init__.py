"""Scanning a whole lake: what is in it, one run over many tables, and the inventory that is left of it."""
