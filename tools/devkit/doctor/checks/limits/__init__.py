"""How much one user may take."""
