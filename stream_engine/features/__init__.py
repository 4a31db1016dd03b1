"""Samples to log-mel features."""
