"""The mistakes that keep a right secret from proving a body: one function each, which makes it good and tries again."""
