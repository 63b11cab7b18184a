"""Hierarchies as things of their own: built from a rule or from data, looked at, checked, edited. See docs/hierarchies.md."""
