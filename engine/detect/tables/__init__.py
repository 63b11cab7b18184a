"""Tables: which of their rows and nested values are looked at, and what is counted, merged and reported of them."""
