"""The rules of `devkit dns audit`, by subject, and as checks of the one kernel."""
