"""Docker, which builds the images."""
