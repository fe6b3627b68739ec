"""The way to other machines, and to this one."""
