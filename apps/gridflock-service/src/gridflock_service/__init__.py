"""Makes parametric baseplates (STL)."""
