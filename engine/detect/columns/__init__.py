"""Columns: what a column is, told from its name, its type, its values and what was found in them together."""
