"""Whether two versions of the code work side by side: the old one on every schema that new migrations make, both at once, and
the old one again on what the new one has written."""
