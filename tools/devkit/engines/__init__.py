"""What runs the platform. Each engine starts, stops and shows the same table."""
