"""Ports of this machine."""
