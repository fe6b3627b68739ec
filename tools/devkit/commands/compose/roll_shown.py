"""A roll's plan and its history, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from devkit.base.console import emit, print_table, say, styled
from devkit.compose.roll.journal import Entry
from devkit.compose.roll.plan import Plan, ServicePlan

__all__ = ["show_history", "show_plan"]


def show_plan(plan: Plan) -> None:
    """What will be done, on standard error."""
    for each in plan.services:
        say(
            f"{each.name}: {_image(each.before) or 'an image of no registry'} → {each.image} ({_image(each.digest) or each.image_id[7:19]})"
        )
        say(f"  {_how(each)}")
        for reason in each.alone:
            say(
                f"  two copies cannot run at once: it has {reason}. Its old copy ends before the new one starts, so there is a pause"
            )
    if plan.migration is not None:
        say(f"before that, migrations are applied; the backup to go back to is {plan.migration.backup}")


def _how(each: ServicePlan) -> str:
    copies = f"{each.copies} {'copy' if each.copies == 1 else 'copies'}"
    at_once = f", {each.update.parallelism or 'all'} at once" if each.copies > 1 else ""
    between = f", {each.update.delay:g} s between" if each.copies > 1 and each.update.delay else ""
    failing = {
        "rollback": "a failure takes everything back",
        "pause": "a failure pauses",
        "continue": "a failure puts it back and goes on",
    }
    return f"{copies}, {each.update.order}{at_once}{between}, watched for {each.update.monitor:g} s; {failing[each.update.on_failure]}"


def _image(digest: str) -> str:
    return digest[7:19]


def show_history(found: Sequence[Entry]) -> None:
    """Each roll with what was done; the last one at the end."""
    print_table(("roll", "what", "services", "by", "state"), [_row(entry) for entry in found])
    for entry in found[-1:]:
        emit("")
        for event in entry.events:
            emit(f"{event['at'][11:19]}  {_told(event)}")


def _row(entry: Entry) -> tuple[str, ...]:
    services = ", ".join(_change(each) for each in entry.plan.get("services", ()))
    return entry.id, entry.kind, services, entry.who, entry.phase


def _change(each: Mapping[str, Any]) -> str:
    return f"{each['name']} {_image(each['before']) or '?'} → {each['tag'] or _image(each['digest']) or each['image_id'][7:19]}"


def _told(event: Mapping[str, Any]) -> str:
    match event["what"]:
        case "commands":
            return "\n          ".join(styled(command, "dim") for command in event["commands"])
        case "failure":
            return styled(f"failed: {event['message']}", "red")
        case "phase":
            return styled(f"{event['phase']}{': ' + event['reason'] if event.get('reason') else ''}", "bold")
        case _:
            more = f" ({event['seconds']:g} s)" if "seconds" in event else ""
            return f"{event['words']}{more}"
