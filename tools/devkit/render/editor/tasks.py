"""tasks.json: the commands of every day, and any webhook that dev/webhooks has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from devkit.model import Table
from devkit.render.editor.jsonc import Json
from devkit.render.editor.model import MARK, ByName, Collection, EditorFile, Entry
from devkit.render.editor.names import HERE
from devkit.render.examples import examples

__all__ = ["TASKS_FILE", "tasks_file"]

TASKS_FILE = ".vscode/tasks.json"
_TASKS = ByName("label", "detail", "devkit: ")
_INPUTS = ByName("id", "description", "devkit.")
_TOPIC = "devkit.webhook"
# The shell takes the answer apart into provider and topic; nothing else in it may mean anything to a shell.
_PLAIN = re.compile(r"[\w.-]+ [\w./-]+", re.ASCII)


def tasks_file(table: Table, topics: Sequence[str]) -> EditorFile:
    """What the table asks of tasks.json. `topics` are `PROVIDER TOPIC`, those that can be chosen."""
    first = [f"{example.provider} {example.topic}" for example in examples(table.services.values())]
    offered = [topic for topic in dict.fromkeys([*first, *topics]) if _PLAIN.fullmatch(topic)]
    tasks = [
        _task("up", "Start the whole platform", "--detach"),
        _task("down", "Stop it; data is kept"),
        _task("doctor", "Say what is wrong with this machine"),
    ]
    inputs = []
    if offered:
        tasks.append(_webhook())
        inputs.append(_choice(offered))
    return EditorFile(
        TASKS_FILE,
        (Collection("tasks", _TASKS, tuple(tasks)), Collection("inputs", _INPUTS, tuple(inputs))),
        tail=(Entry("version", "2.0.0"),),
    )


def _task(command: str, detail: str, *more: str) -> Entry:
    arguments: list[Json] = [command, *more]
    return _entry(command, detail, type="process", command=f"{HERE}/devkit", args=arguments)


def _webhook() -> Entry:
    send = f"./devkit webhook ${{input:{_TOPIC}}}"
    return _entry("webhook", "Send a provider's signed webhook", type="shell", command=send)


def _entry(name: str, detail: str, **keys: Json) -> Entry:
    label = f"devkit: {name}"
    # An empty list: the editor would ask each time how the output is to be searched for problems.
    return Entry(label, {"label": label, "detail": f"{detail} {MARK}", **keys, "problemMatcher": []})


def _choice(offered: Sequence[str]) -> Entry:
    options: list[Json] = list(offered)
    return Entry(
        _TOPIC,
        {
            "id": _TOPIC,
            "type": "pickString",
            "description": f"Provider and topic {MARK}",
            "options": options,
            "default": offered[0],
        },
    )
