"""`devkit graph` as its user meets it: the table's picture, and that of a platform that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from devkit.cli import main

from tests.support.demo import Demo, demo, until

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(clone: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["graph", "--no-live", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_mermaid_is_printed_and_nothing_written(clone: Path, run: Run) -> None:
    before = sorted(clone.rglob("*"))
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("flowchart LR\n")
    assert "service_order_service --> service_stock & service_bank" in out
    assert sorted(clone.rglob("*")) == before


def test_the_same_picture_as_generate_writes(clone: Path, run: Run) -> None:
    assert main(["generate"]) == 0
    run()
    _, picture, _ = run("--format", "svg")
    generated = (clone / "docs/images/platform.svg").read_text("utf-8")
    assert generated.partition("-->\n")[2] == picture
    page = (clone / "docs/platform.md").read_text("utf-8")
    assert f"```mermaid\n{run()[1]}```\n" in page


def test_generate_leaves_other_pictures_alone(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = clone / "docs/images"
    images.mkdir(parents=True)
    (images / "board.png").write_bytes(b"\x89PNG by hand")
    (images / "drawn.svg").write_text("<svg/>")
    assert main(["generate", "--force"]) == 0
    assert (images / "board.png").read_bytes() == b"\x89PNG by hand"
    assert (images / "drawn.svg").read_text() == "<svg/>"
    assert (images / "platform.svg").exists()
    (images / "platform.svg").write_text("<svg/>")
    assert main(["generate"]) == 1, "a picture of somebody else's is not overwritten"
    assert "docs/images/platform.svg: was not written by devkit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("a.svg", "<svg "),
        ("a.mmd", "flowchart LR\n"),
        ("new/a.md", "```mermaid\nflowchart LR\n"),
        ("A.SVG", "<svg "),
    ],
)
def test_the_files_name_says_what_is_written(clone: Path, run: Run, name: str, beginning: str) -> None:
    code, out, err = run("-o", name)
    assert (code, out, err) == (0, "", f"written to {name}\n")
    assert (clone / name).read_text("utf-8").startswith(beginning)


def test_open_writes_where_git_does_not_look(clone: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", browser)
    file = clone / ".devkit/graph.svg"
    assert run("--open") == (0, "", "")
    assert opened == [file.as_uri()]
    ElementTree.parse(file)
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    code, _, err = run("--open")
    assert (code, err) == (0, f"written to {file}\n"), "without a browser, the file is named"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "a.png"], "a.png has no known format"),
        (["-o", "a.svg", "--format", "mermaid"], "contradict"),
        (["--open", "--format", "mermaid"], "only an SVG"),
        (["stok"], "did you mean stock?"),
        (["--format", "dot"], "'dot' is not one of"),
    ],
)
def test_what_cannot_be_meant(run: Run, arguments: list[str], told: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert told in err


def test_a_folder_in_the_way(clone: Path, run: Run) -> None:
    (clone / "a.svg").mkdir()
    code, _, err = run("-o", "a.svg")
    assert code == 1
    assert "a.svg: Is a directory" in err


def test_some_services(run: Run) -> None:
    _, out, _ = run("stock")
    assert "service_order_service" in out, "who calls it"
    assert "service_cache" in out, "what it needs"
    assert "service_page" not in out
    assert "service_bank" not in out


def test_nothing_runs(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--engine", "local"]) != 0, "an engine that is asked for must run"
    assert main(["graph", "--live"]) != 0
    capsys.readouterr()
    assert main(["graph"]) == 0
    assert "ready" not in capsys.readouterr().out


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up("--port-offset", "7")
        yield made


def cards(platform: Demo) -> dict[str, list[str]]:
    """Each card's texts, by the service's name."""
    root = ElementTree.fromstring(platform.devkit("graph", "--format", "svg").stdout)
    space = "{http://www.w3.org/2000/svg}"
    found = [group for group in root.iter(f"{space}g") if group.get("class") == "card"]
    texts = [[text.text or "" for text in card.iter(f"{space}text")] for card in found]
    return {each[0]: each[1:] for each in texts}


def test_live_states_and_real_ports(platform: Demo) -> None:
    found = cards(platform)
    assert set(found) == {"postgres", "redis", "hello", "other"}
    for name, texts in found.items():
        assert "ready" in texts, name
        assert f":{platform.ports[name] + 7}" in texts, name
    assert f"debug {platform.ports['hello_debug'] + 7}" in found["hello"]
    picture = platform.devkit("graph", "--live", "--format", "svg").stdout
    assert ">4 of 4 ready · engine local</text>" in picture
    assert ">4 of" not in platform.devkit("graph", "--no-live", "--format", "svg").stdout


def test_a_crash_is_seen(platform: Demo) -> None:
    source = platform.source("other")
    text = source.read_text()
    try:
        source.write_text("raise SystemExit('on purpose')\n")
        until(lambda: "crashed" in cards(platform)["other"], 20, "the picture shows the crash")
        assert "ready" in cards(platform)["hello"]
        # It is tried again and again, and is starting in between.
        until(lambda: "✕ crashed" in platform.devkit("graph").stdout, 20, "the flowchart shows the crash")
    finally:
        source.write_text(text)
