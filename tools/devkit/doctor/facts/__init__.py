"""What several checks ask of the machine, asked once."""
