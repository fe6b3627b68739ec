"""That a save is noticed."""
