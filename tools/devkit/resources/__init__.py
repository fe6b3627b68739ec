"""What services really use, measured while orders go through, against what the table asks for."""
