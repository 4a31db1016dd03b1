"""Many sessions through one model: their rows, and whose turn it is."""
