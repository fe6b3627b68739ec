"""The mistakes that make a signature invalid although the secret is right: undone one and two at a time."""
