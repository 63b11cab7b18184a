"""How a tree grows: compiled loops over the tuples of a node. Arrays in, arrays out."""
