"""Synthetic tables, trained with differential privacy. ``fleet`` alone imports ray; torch is imported where it is used."""
