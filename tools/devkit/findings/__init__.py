"""What any check found: one model, and the ways to show it."""

from devkit.findings.model import Finding, Place, Severity
from devkit.findings.text import render_text

__all__ = ["Finding", "Place", "Severity", "render_text"]
