"""The webhooks that a press of a button sends: those that the table names as examples, and those in dev/webhooks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from devkit.model import Service, Table

__all__ = ["Example", "examples", "first_example", "topics", "topics_here"]


@dataclass(frozen=True)
class Example:
    """A provider's webhook, sent to the service that takes it."""

    service: Service
    provider: str
    topic: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """What comes behind `./devkit`."""
        return ("webhook", self.provider, self.topic)


def examples(services: Iterable[Service]) -> list[Example]:
    """What the table names as an example, in its order."""
    return [
        Example(service, provider, hook.example)
        for service in services
        for provider, hook in service.webhooks.items()
        if hook.example
    ]


def first_example(table: Table, running: Collection[str]) -> str | None:
    """The command that sends the table's first example to one of the `running` services; None when it names none."""
    found = examples(table.services[name] for name in table.services if name in running)
    return " ".join(["./devkit", *found[0].arguments]) if found else None


def topics(folder: Path) -> list[str]:
    """The topics of which a provider's folder has a payload: `orders/create`, `job.done` …"""
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.json"))


def topics_here(root: Path, table: Table) -> list[str]:
    """`PROVIDER TOPIC` of every payload in the clone's dev/webhooks whose provider the table has, in the table's order."""
    providers = dict.fromkeys(name for service in table.services.values() for name in service.webhooks)
    return [f"{name} {topic}" for name in providers for topic in topics(root / "dev" / "webhooks" / name)]
