"""Torch modules only: no file, no device choice."""
