"""The full-screen view of what runs: a program of its own beside the supervisor, which it asks over the control socket."""

from __future__ import annotations

import signal

__all__ = ["LEFT", "PUT_ASIDE"]

# Exit codes of that program: the user left, or pressed Ctrl-Z (as a shell counts that signal).
LEFT, PUT_ASIDE = 0, 128 + signal.SIGTSTP
