"""Errors, console, files, processes and paths. No word of the domain lives here."""
