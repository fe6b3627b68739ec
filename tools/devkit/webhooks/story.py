"""A story: webhooks that follow each other, about the same things, with pauses and the answers that are expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from devkit.base.errors import DevkitError, ExitCode
from devkit.webhooks.expected import parse_expected

__all__ = ["Pause", "Send", "Story", "find_story", "read_story", "stories"]

_STORY_KEYS = frozenset({"about", "provider", "seed", "steps"})
_STEP_KEYS = frozenset({"provider", "topic", "set", "expect"})
_LONGEST = 3600.0


@dataclass(frozen=True)
class Pause:
    """Nothing is sent for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Send:
    """One webhook: what is set in its example by path, and the statuses that may answer it, also in words."""

    provider: str
    topic: str
    changes: Mapping[str, object] = field(default_factory=dict)
    expected: frozenset[int] = frozenset(range(200, 300))
    words: str = "2xx"


@dataclass(frozen=True)
class Story:
    """The steps in order. The same `seed` (None: a new one) means the same things in each of them."""

    about: str
    steps: tuple[Send | Pause, ...]
    seed: int | None = None


def stories(folder: Path) -> list[str]:
    """The names of all stories in a folder."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def find_story(folder: Path, name: str) -> Path:
    """The file of the story with that name, or a file. Raises DevkitError (exit 2) when there is none."""
    for path in (folder / f"{name}.yaml", Path(name)):
        if path.is_file():
            return path
    known = ", ".join(stories(folder)) or "none"
    raise DevkitError(
        f"no story {name!r}", fix=f"a file, or one of dev/webhooks/stories: {known}", exit_code=ExitCode.USAGE
    )


def read_story(path: Path) -> Story:
    """The story that a file tells. Raises DevkitError (exit 2) that names the step which is none."""
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise _wrong(path, "", f"cannot be read ({type(problem).__name__})") from None
    except yaml.MarkedYAMLError as problem:
        line = f":{problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise DevkitError(f"{path}{line}: not YAML: {problem.problem}", exit_code=ExitCode.USAGE) from None
    except (yaml.YAMLError, RecursionError):
        raise _wrong(path, "", "not YAML") from None
    if not isinstance(data, dict) or not isinstance(data.get("steps"), list) or not data["steps"]:
        raise _wrong(path, "", "no list of steps", "steps: [{topic: orders/create}, {pause: 2}, …]")
    _known(path, "", data, _STORY_KEYS)
    seed = data.get("seed")
    if seed is not None and type(seed) is not int:
        raise _wrong(path, "", f"seed is {seed!r}, not a whole number")
    steps = tuple(
        _step(path, f"step {number}", step, data.get("provider"))
        for number, step in enumerate(data["steps"], 1)
    )
    return Story(str(data.get("about", "")), steps, seed)


def _step(path: Path, where: str, step: object, provider: object) -> Send | Pause:
    if not isinstance(step, dict):
        raise _wrong(path, where, "neither a topic nor a pause", "{topic: orders/create} or {pause: 2}")
    if "pause" in step:
        _known(path, where, step, frozenset({"pause"}))
        seconds = step["pause"]
        if type(seconds) not in (int, float) or not 0 <= seconds <= _LONGEST:
            raise _wrong(path, where, f"pause is {seconds!r}, not seconds from 0 to {_LONGEST:g}")
        return Pause(float(seconds))
    _known(path, where, step, _STEP_KEYS)
    sender, topic, changes = step.get("provider", provider), step.get("topic"), step.get("set", {})
    if not isinstance(topic, str):
        raise _wrong(path, where, "no topic", "topic: orders/create")
    if not isinstance(sender, str):
        raise _wrong(path, where, "no provider", "provider: shopify, here or for the whole story")
    if not isinstance(changes, dict):
        raise _wrong(path, where, "set is no mapping", "set: {line_items[0].quantity: 3}")
    expect = step.get("expect", "2xx")
    words = ",".join(map(str, expect)) if isinstance(expect, list) else str(expect)
    try:
        expected = parse_expected(words)
    except DevkitError as problem:
        raise _wrong(
            path, where, problem.message.removeprefix("--"), "expect: 200, or [200, 401], or 2xx"
        ) from None
    return Send(sender, topic, {str(key): value for key, value in changes.items()}, expected, words)


def _known(path: Path, where: str, given: Mapping[object, object], known: frozenset[str]) -> None:
    for key in given:
        if key not in known:
            raise _wrong(path, where, f"unknown key {key!r}", f"there is {', '.join(sorted(known))}")


def _wrong(path: Path, where: str, message: str, fix: str | None = None) -> DevkitError:
    place = f"{path}: {where}" if where else str(path)
    return DevkitError(f"{place}: {message}", fix=fix, exit_code=ExitCode.USAGE)
