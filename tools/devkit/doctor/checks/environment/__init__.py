"""What the shell hands over."""
