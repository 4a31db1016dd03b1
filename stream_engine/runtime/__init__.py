"""Backends that run compiled models behind one seam."""
