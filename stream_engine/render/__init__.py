"""The head as pictures."""
