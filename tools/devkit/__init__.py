"""devkit: one command runs a whole microservice platform on a developer's machine."""

__version__ = "0.1.0"
