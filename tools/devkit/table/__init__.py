"""The service table: read, checked, and as frozen dataclasses."""
