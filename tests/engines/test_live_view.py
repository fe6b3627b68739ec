"""The live view on a real terminal, and what it does with little room, many lines, or a kill."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence

import pytest
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local import streams
from devkit.engines.local.live.columns import columns
from devkit.engines.local.live.lines import readable

from tests.support.demo import Demo, demo, until
from tests.support.processes import commands_below
from tests.support.terminal import Terminal, terminal

DOWN = "\x1b[B"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        yield made


@pytest.fixture
def shell(platform: Demo) -> Iterator[Terminal]:
    """A terminal with the view of the whole platform, which another process runs."""
    platform.is_up()
    with terminal(platform.environment()) as opened:
        opened.run(platform.command("view"))
        until(lambda: opened.line("other").startswith("other"), what="the services")
        yield opened


def pid_of(platform: Demo, service: str) -> int | None:
    units = json.loads(platform.devkit("status", "--json").stdout)["units"]
    found: int | None = next(unit["pid"] for unit in units if unit["name"] == service)
    return found


def choose_last(shell: Terminal) -> None:
    """Moves the cursor to `other`, the table's last service."""
    shell.type(10 * DOWN)
    until(lambda: shell.line("other: http"), what="what is told of the chosen service")


def test_keys_choose_restart_stop_and_start(platform: Demo, shell: Terminal) -> None:
    choose_last(shell)
    before = pid_of(platform, "other")
    shell.type("r")
    until(lambda: pid_of(platform, "other") not in (before, None), what="another process")
    shell.type("s")
    until(lambda: shell.line("other").split()[1:2] == ["stopped"], what="stopped")
    shell.type("s")
    until(lambda: shell.line("other").split()[1:2] == ["ready"], what="ready again")
    shell.type("q")
    until(lambda: shell.sent("\x1b[?1049l"), what="the shell's own screen")
    assert platform.devkit("status").returncode == 0, "the platform goes on"


def test_one_services_log_and_a_filter(platform: Demo, shell: Terminal) -> None:
    choose_last(shell)
    shell.type("\r")
    until(lambda: shell.line("─other─"), what="one log alone")
    assert not shell.shows("postgres  |")
    shell.type("\x1b")
    until(lambda: shell.line("─all services─"), what="all logs")
    shell.type("/")
    until(lambda: shell.shows("show only lines with"), what="the filter")
    shell.type("ACCEPT connections\r")
    until(lambda: shell.line("─all services with 'accept connections'─"), what="the filter's words")
    logged = [line for line in shell.screen() if " | " in line]
    assert logged
    assert all("accept connections" in line for line in logged)


def test_a_crash_is_told_whole_beside_a_readable_table(platform: Demo, shell: Terminal) -> None:
    choose_last(shell)
    source = platform.source("other")
    good = source.read_text()
    source.write_text(good + "raise RuntimeError('there is no such thing')\n")
    try:
        until(lambda: shell.shows("other crashed: ended with exit code 1"), what="the reason")
        until(lambda: shell.shows("there is no such thing"), what="the traceback in the log")
        for width in (100, 60, 40):
            shell.resize(width, 24)
            until(
                lambda: (
                    shell.line("other").split()[1:2] == ["crashed"]
                    and shell.line("service").split()[:3] == ["service", "state", "port"]
                ),
                what=f"whole columns at {width}",
            )
    except AssertionError:
        print(*shell.screen(), sep="\n")
        raise
    finally:
        source.write_text(good)
    until(lambda: shell.line("other").split()[1:2] == ["ready"], what="ready again")


def test_a_view_that_is_killed_takes_nothing_with_it(platform: Demo) -> None:
    platform.devkit("down", check=False)
    with terminal(platform.environment()) as shell:
        shell.run(platform.command("up"))
        until(lambda: shell.line("other").split()[1:2] == ["ready"], what="the view")
        below = commands_below(shell.pid)
        (view,) = [process for process, command in below.items() if command[-2:] == ["view", "--owned"]]
        view.kill()
        until(lambda: shell.sent("the live view has ended (-9)"), what="a word about it")
        assert "\x1b[?1049l" in shell.seen
        assert pid_of(platform, "other")
        shell.type("\x03")
        until(lambda: shell.sent("stopped; data is kept"), what="the end")


# ── what it is fed ───────────────────────────────────────────────────────────────────────────────


class Burst:
    """A platform whose one unit writes more than a reader takes."""

    offset = 0

    def __init__(self) -> None:
        self.listener: Listener | None = None
        self.names = ["shop"]

    def listen(self, listener: Listener) -> None:
        self.listener = listener

    def unlisten(self, listener: Listener) -> None:
        assert listener is self.listener
        self.listener = None

    def statuses(self) -> list[Status]:
        return [Status(name, "python", State.READY) for name in self.names]

    def recent(self) -> Sequence[Event]:
        return [Event("shop", line="before")]

    async def settled(self) -> None:
        pass


def test_a_slow_reader_loses_lines_and_is_told_how_many() -> None:
    async def test() -> None:
        shop = Burst()
        stream = streams.watch(shop)
        first = await anext(stream)
        assert (first["lines"], first["all"]) == ([("shop", "before")], True)
        for number in range(streams._MOST_WAITING + 7):
            assert shop.listener is not None
            shop.listener(Event("shop", line=str(number)))
        second = await anext(stream)
        assert (second["lost"], second["all"]) == (7, True)
        seen = second["lines"]
        while len(seen) < streams._MOST_WAITING:
            news = await anext(stream)
            assert news["lost"] == 0
            seen += news["lines"]
        assert [text for _, text in seen] == [str(number) for number in range(streams._MOST_WAITING)]
        await stream.aclose()
        assert shop.listener is None

    asyncio.run(test())


def test_a_unit_that_goes_or_comes_is_told() -> None:
    async def test() -> None:
        shop = Burst()
        stream = streams.watch(shop)
        await anext(stream)
        shop.names.append("stock")
        assert shop.listener is not None
        shop.listener(Event("stock", status=shop.statuses()[1]))
        news = await anext(stream)
        assert news["all"]
        assert [unit["name"] for unit in news["units"]] == ["shop", "stock"]
        shop.listener(Event("stock", status=shop.statuses()[1]))
        news = await anext(stream)
        assert not news["all"]
        assert [unit["name"] for unit in news["units"]] == ["stock"]
        await stream.aclose()

    asyncio.run(test())


@pytest.mark.parametrize(
    ("wrote", "plain"),
    [
        ("a\x1b[2Jb", "ab"), ("a\x1bcb", "ab"), ("a\x1b]0;title\x07b", "ab"), ("a\x1b]0;title\x1b\\b", "ab"),
        ("a\x1b]0;title", "a"), ("a\x9b2Jb", "a2Jb"), ("a\x1b", "a"), ("a\x1b[31", "a"), ("\x1b[?1049hq", "q"),
        ("\x1bPq#0\x1b\\z", "z"), ("\x00n\x07u\x08l", "nul"), ("10%\r20%\r100%", "100%"), ("done\r", "done"),
        ("a\tb", "a       b"), ("\x1b(0x", "x"), ("naïve — ✓", "naïve — ✓"), ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)  # fmt: skip
def test_what_a_service_writes_does_not_steer_the_terminal(wrote: str, plain: str) -> None:
    assert readable(wrote).plain == plain


def test_its_colours_are_kept() -> None:
    text = readable("\x1b[31mred\x1b[0m \x1b[1;38;5;12mbold\x1b[m")
    assert text.plain == "red bold"
    assert [str(span.style) for span in text.spans] == ["color(1)", "bold color(12)"]


CRASHED = Status(
    "gridflock-service", "python", State.CRASHED, port=3004, debug_port=9233, debugger="attached", pid=4_000_000,
    memory=97_000_000, restarts=17, ready_seconds=12.5,
    detail="crashed: ended with exit code 1; next try in 30 s, or when a file changes",
)  # fmt: skip


@pytest.mark.parametrize("width", range(30, 201, 5))
def test_columns_keep_their_content_at_every_width(width: int) -> None:
    shown = columns([CRASHED, Status("web", "page", State.READY, port=4200)], width)
    assert list(shown)[:2] == ["service", "state"]
    assert shown["service"] == ["gridflock-service", "web"]
    assert shown["state"] == ["crashed", "ready"]
    widths = [max(len(head), *map(len, cells)) for head, cells in shown.items()]
    assert sum(widths) + 2 * (len(widths) - 1) <= width
    if width >= 50:
        assert shown[""][0].startswith("ended with"), "why, rather than how much memory"
    if width >= 160:
        assert shown[""][0] == CRASHED.detail.removeprefix("crashed: ")
        assert len(shown) == 9
