"""Rancher Desktop."""
