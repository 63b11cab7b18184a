"""What a table gives away about the people in it: a source, and its release beside it."""
