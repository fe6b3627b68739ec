"""The view: services above, their logs below, keys for what one does with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.widgets import DataTable, Footer, Input, RichLog, Static

from devkit.base.errors import DevkitError
from devkit.engines.events import State, Status
from devkit.engines.local.client import ask
from devkit.engines.local.live import LEFT, PUT_ASIDE
from devkit.engines.local.live.columns import columns, reason
from devkit.engines.local.live.feed import KEPT, Feed
from devkit.engines.local.live.lines import readable
from devkit.engines.local.view import STATE_COLOURS, unit_colours

__all__ = ["LiveApp", "OwnedApp", "show"]

_REDRAWN = 0.2  # seconds
_MOST_DETAIL = 300


def show(root: Path, *, owned: bool) -> int:
    """Takes the screen until the user leaves or the platform ends. `owned`: by the `up` whose end is the platform's.

    Returns the exit code. Raises DevkitError when there is no platform to show.
    """
    app = OwnedApp(root) if owned else LiveApp(root)
    code = app.run(mouse=False)
    if app.feed.problem is not None:
        raise app.feed.problem
    return LEFT if code is None else code


class LiveApp(App[int]):
    """Without a mouse, so that the terminal's own selecting and copying works."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #units { height: auto; max-height: 50%; background: ansi_default; }
    #about { height: auto; max-height: 4; color: ansi_default; }
    #log { height: 1fr; border-top: solid ansi_blue; background: ansi_default; scrollbar-size: 0 1; }
    #filter { display: none; height: 1; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "one", "its log/all", priority=True),
        Binding("r", "restart", "restart"),
        Binding("s", "stop_or_start", "stop/start"),
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("pageup", "log('scroll_page_up')", "scroll", key_display="PgUp", priority=True),
        Binding("pagedown", "log('scroll_page_down')", show=False, priority=True),
        Binding("home", "log('scroll_home')", show=False, priority=True),
        Binding("end", "log('scroll_end')", show=False, priority=True),
        Binding("escape", "everything", show=False, priority=True),
        Binding("ctrl+z", "put_aside", show=False, priority=True),
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True),
        Binding("q", "leave", "leave"),
    ]

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.feed = Feed(root)
        self._root = root
        self._units: list[Status] = []
        self._shown: dict[str, list[str]] = {}
        self._lines: deque[tuple[str, str]] = deque(maxlen=KEPT)
        self._only: str | None = None
        self._words = ""

    def compose(self) -> ComposeResult:
        yield DataTable(id="units", cursor_type="row", cell_padding=1, show_row_labels=False)
        yield Static(id="about")
        yield RichLog(id="log", max_lines=KEPT, wrap=False, auto_scroll=True)
        yield Input(id="filter", placeholder="show only lines with …", compact=True)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.theme = "ansi-dark"
        self._table.focus()
        self._panel.border_title = "all services"
        self.feed.start()
        self.set_interval(_REDRAWN, self._take_in)

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one("#units", DataTable)

    @property
    def _panel(self) -> RichLog:
        return self.query_one("#log", RichLog)

    @property
    def _chosen(self) -> Status | None:
        row = self._table.cursor_row
        return self._units[row] if 0 <= row < len(self._units) else None

    # ── what is shown ────────────────────────────────────────────────────────────────────────────

    def _take_in(self) -> None:
        if self.feed.ended.is_set():
            self.exit(LEFT)
            return
        self._units = self.feed.units()
        self._draw_units()
        self._draw_about()
        lines = self.feed.new_lines()
        self._lines.extend(lines)
        self._write(lines)

    def _draw_units(self) -> None:
        shown, table = columns(self._units, self.size.width - 2), self._table
        if not self._units or shown == self._shown:
            return
        same = list(shown) == list(self._shown) and shown["service"] == self._shown["service"]
        if not same or any(_widest(shown[head]) > _widest(self._shown[head]) for head in shown):
            row = table.cursor_row
            table.clear(columns=True)
            for head in shown:
                table.add_column(Text(head), key=head)
            for index, unit in enumerate(self._units):
                table.add_row(
                    *(self._cell(head, cells[index], unit) for head, cells in shown.items()), key=unit.name
                )
            table.move_cursor(row=max(row, 0))
        else:
            for head, cells in shown.items():
                for index, unit in enumerate(self._units):
                    if cells[index] != self._shown[head][index] or head == "state":
                        table.update_cell(unit.name, head, self._cell(head, cells[index], unit))
        self._shown = shown

    @staticmethod
    def _cell(head: str, words: str, unit: Status) -> Text:
        style = STATE_COLOURS.get(unit.state, "") if head == "state" else ""
        return Text(words, style=style, no_wrap=True)

    def _draw_about(self) -> None:
        """Of the chosen service what the table has no room for; else where to go."""
        unit = self._chosen
        about = Text(no_wrap=False)
        if unit is not None and unit.detail and unit.state is not State.READY:
            words = f"{unit.name} {unit.state.value}: {reason(unit)}"
            about.append(words[:_MOST_DETAIL], style=STATE_COLOURS.get(unit.state, ""))
            for line in unit.last_lines[-1:]:
                about.append(f"\n{readable(line).plain}"[:_MOST_DETAIL], style="dim")
        elif unit is not None and unit.port and unit.card in ("page", "service"):
            about.append(f"{unit.name}: http://localhost:{unit.port}", style="dim")
        self.query_one("#about", Static).update(about)

    def _wanted(self, unit: str, line: str) -> bool:
        return (self._only is None or unit == self._only) and self._words in line.lower()

    def _write(self, lines: Iterable[tuple[str, str]]) -> None:
        """Adds those that are wanted to the log, with their units' names where it is not of one alone."""
        names = [status.name for status in self._units]
        colours, width = unit_colours(names), max(map(len, [*names, "devkit"]))
        for unit, line in lines:
            if not self._wanted(unit, line):
                continue
            text = readable(line)
            if self._only is None:
                text = Text.assemble(Text(unit.ljust(width), style=colours.get(unit, "bold")), " | ", text)
            self._panel.write(text)

    def _redraw_log(self) -> None:
        self._panel.border_title = (self._only or "all services") + (
            f" with {self._words!r}" if self._words else ""
        )
        self._panel.clear()
        self._write(self._lines)
        self._panel.scroll_end(animate=False)

    def on_resize(self, _event: Resize) -> None:
        self._take_in()

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────

    def action_one(self) -> None:
        """Only the chosen service's log, or all again; in the filter: done."""
        if self._filter.has_focus:
            self._close_filter()
        elif self._chosen is not None:
            self._only = None if self._only == self._chosen.name else self._chosen.name
            self._redraw_log()

    def action_everything(self) -> None:
        """All logs, without a filter."""
        self._filter.value = ""
        self._close_filter()
        self._only, self._words = None, ""
        self._redraw_log()

    def action_filter(self) -> None:
        """Shows only lines with the words that are typed."""
        self._filter.display = True
        self._filter.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._words = event.value.lower()
        self._redraw_log()

    @property
    def _filter(self) -> Input:
        return self.query_one("#filter", Input)

    def _close_filter(self) -> None:
        self._filter.display = False
        self._table.focus()

    def action_log(self, move: str) -> None:
        """Scrolls the log; at its end it follows."""
        getattr(self._panel, move)(animate=False)
        self.call_after_refresh(self._follow_at_the_end)

    def _follow_at_the_end(self) -> None:
        self._panel.auto_scroll = self._panel.scroll_offset.y >= self._panel.max_scroll_y

    def action_restart(self) -> None:
        """Restarts the chosen service."""
        if (unit := self._chosen) is not None:
            self._do(lambda: ask(self._root, do="restart", units=[unit.name]))

    def action_stop_or_start(self) -> None:
        """Stops the chosen service, or starts it."""
        if (unit := self._chosen) is not None:
            what = "up" if unit.state is State.STOPPED else "stop"
            self._do(lambda: ask(self._root, do=what, units=[unit.name]))

    def _do(self, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
            except DevkitError as problem:
                words = problem.message + (f"\n→ {problem.fix}" if problem.fix else "")
                self.call_from_thread(self.notify, words, severity="error", markup=False)

        self.run_worker(run, thread=True)

    def action_leave(self) -> None:
        """Leaves."""
        self.exit(LEFT)

    def action_put_aside(self) -> None:
        """Ctrl-Z: the shell gets its screen back from whoever started this."""
        self.exit(PUT_ASIDE)


class OwnedApp(LiveApp):
    """The view of an `up`: leaving it ends the platform, for which a letter is too easily hit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "stop all", key_display="Ctrl-C", priority=True),
        Binding("q", "hint", show=False),
    ]

    def action_hint(self) -> None:
        """Says what leaves."""
        self.notify("Ctrl-C stops everything; data is kept")


def _widest(cells: list[str]) -> int:
    return max(map(len, cells), default=0)
