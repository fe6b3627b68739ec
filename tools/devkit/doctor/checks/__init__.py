"""The checks: `<group>/<name>.py` has the id `<group>.<name>`.

The first line of a module's docstring says what it checks, `check(machine)` does so. It returns what it saw (a few
words), or raises `Problem` (several: `Problems`), or `Skipped`. A module may also say AFTER (ids of checks without whose
success this one has no chance), ENGINE ("tilt" or "local", when only that engine needs it), DEADLINE (seconds; 5) and
EARLY (True: `up` asks it first, so it takes milliseconds).
"""
