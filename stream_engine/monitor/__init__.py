"""Hearing faces: what a moving mouth says, as speech units and as sound."""
