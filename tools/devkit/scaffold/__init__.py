"""A service made, renamed or removed in one command: its row in the table, its code, its tests."""
