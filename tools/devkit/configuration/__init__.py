"""What the code of the services holds, and reads, of what belongs into the table."""
