"""Motion coefficients to posed vertices."""
