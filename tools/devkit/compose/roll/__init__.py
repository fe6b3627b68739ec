"""Replacing a service's copies by new ones without a pause (`devkit compose roll`)."""
