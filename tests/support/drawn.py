"""How many examples Hypothesis draws, and which: the same ones in every run, so that a run fails by a change alone; with
`--soak` (`--hypothesis-profile soak`) new ones each time, and twenty times as many."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

__all__ = ["SOAK_TIMES", "drawn"]

SOAK_TIMES = 20
_USUAL = 100

# Nothing here has a clock: neither an example's deadline nor the check that examples are quick to make. No database,
# which would bring back what another run drew.
settings.register_profile(
    "devkit",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=_USUAL,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    settings.get_profile("devkit"),
    derandomize=False,
    max_examples=_USUAL * SOAK_TIMES,
    print_blob=True,
)
settings.load_profile("devkit")


def drawn(examples: int, *suppressed: HealthCheck) -> settings:
    """As many examples for a test that needs more or fewer than usual; what multiplies the usual number multiplies these."""
    now = settings()
    return settings(
        max_examples=examples * now.max_examples // _USUAL,
        suppress_health_check=[*now.suppress_health_check, *suppressed],
    )
