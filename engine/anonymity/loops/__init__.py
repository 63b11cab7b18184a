"""Compiled loops over the tuples of a node: how small nodes of a tree grow. Arrays in, arrays out."""
