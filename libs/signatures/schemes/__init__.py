"""One module per scheme; each has a `SCHEME`. The module's name is the scheme's name (`_` for `-`)."""
