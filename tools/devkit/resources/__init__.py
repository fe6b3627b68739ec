"""What services really use, measured while webhooks come in, against what the table asks for."""
