"""Posed vertices to pictures."""
