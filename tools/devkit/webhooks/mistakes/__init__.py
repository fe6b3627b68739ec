"""The mistakes that make a signature invalid although the secret is right: one function each, which undoes it and tries again."""
