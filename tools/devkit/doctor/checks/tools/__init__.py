"""Programs and their versions."""
