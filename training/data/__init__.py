"""Recorded faces and speech to training pairs."""
