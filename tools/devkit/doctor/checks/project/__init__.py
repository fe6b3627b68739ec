"""What a clone needs to be whole."""
