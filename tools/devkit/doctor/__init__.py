"""The machine, checked: what is wrong with it, and the fix."""
