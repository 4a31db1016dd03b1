"""The head as a mesh, and how coefficients move it."""
