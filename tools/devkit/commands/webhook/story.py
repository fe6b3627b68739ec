"""`devkit webhook story`: webhooks that follow each other, and whether each is answered as expected."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import typer

from devkit.base.console import print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.commands.completion import story_names
from devkit.commands.spread import spread
from devkit.commands.webhook.order import order_in
from devkit.commands.webhook.seeds import NoVarietyOption
from devkit.commands.webhook.target import TargetOptions, WebhookSecret
from devkit.model import Table
from devkit.table.load import read_table
from devkit.webhooks.batch import Batch, deliveries
from devkit.webhooks.change import set_value
from devkit.webhooks.deliver import Pace, deliver_one
from devkit.webhooks.payload import load_example
from devkit.webhooks.providers import provider
from devkit.webhooks.story import Pause, Send, Story, find_story, read_story, stories

# Seeds that are easy to type again.
_SEEDS = 10_000


@spread
def story(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[STORY]",
            autocompletion=story_names,
            help="A story of dev/webhooks/stories, or a file. Default: list all.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Make ids reproducible; the same in all steps.")] = None,
    no_variety: NoVarietyOption = False,
    where: TargetOptions = TargetOptions(),
) -> int:
    """Send webhooks that follow each other, about the same order. Exit 1 at the first that is not answered as expected."""
    root = project_root()
    folder = root / "dev" / "webhooks" / "stories"
    if name is None:
        _list(folder)
        return ExitCode.OK
    table = read_table(table_file(root))
    told = read_story(find_story(folder, name))
    secret = where.secret(root, table)
    chosen = seed if seed is not None else told.seed
    numbers = chosen if chosen is not None else SystemRandom().randrange(_SEEDS)
    return _tell(root, table, told, numbers, where, secret, varied=not no_variety)


def _tell(
    root: Path,
    table: Table,
    told: Story,
    seed: int,
    where: TargetOptions,
    secret: WebhookSecret | None,
    *,
    varied: bool,
) -> ExitCode:
    batches = {
        place: replace(_batch(root, table, step, seed), varied=varied)
        for place, step in enumerate(told.steps, 1)
        if isinstance(step, Send)
    }
    say(f"devkit: {told.about or 'a story'} (--seed {seed})")
    for place, step in enumerate(told.steps, 1):
        if isinstance(step, Pause):
            say(f"{place}. a pause of {step.seconds:g} s")
            time.sleep(step.seconds)
        elif not _send(table, batches[place], step, place, where, root, secret):
            return ExitCode.CHECK_FAILED
    return ExitCode.OK


def _batch(root: Path, table: Table, step: Send, seed: int) -> Batch:
    """The webhook, to nowhere yet: that there is an example of each is known before the first is sent."""
    sender = provider(step.provider, table)
    example = load_example(
        root / "dev" / "webhooks" / sender.name, step.topic, sender.topics, sender.misnamed
    )
    changes = tuple(
        partial(set_value, assignment=f"{path}={json.dumps(value)}") for path, value in step.changes.items()
    )
    return Batch(sender, step.topic, example, "", "-", changes=changes, seed=seed)


def _send(
    table: Table,
    batch: Batch,
    step: Send,
    place: int,
    where: TargetOptions,
    root: Path,
    secret: WebhookSecret | None,
) -> bool:
    sender = batch.provider
    with where.opened(root, table, sender.name, secret) as target:
        target.require()
        delivery = next(deliveries(replace(batch, url=target.url, secret=target.secret)))
        answer = deliver_one(delivery, Pace(sender.timeout))
        what = f"{place}. {sender.name} {step.topic} → {target.url}"
        if answer.status is None:
            raise DevkitError(f"{what}: {answer.problem}", fix=target.fix(answer), exit_code=ExitCode.REFUSED)
    number = order_in(table, sender.name, delivery.body)
    about = f", order {number}" if number else ""
    right = answer.status in step.expected
    say(f"{what}: {answer.status}{about}" + ("" if right else f", expected {step.words}"))
    return right


def _list(folder: Path) -> None:
    names = stories(folder)
    if names:
        print_table(("story", ""), [(name, read_story(folder / f"{name}.yaml").about) for name in names])
    else:
        say("devkit: there is no story in dev/webhooks/stories")
