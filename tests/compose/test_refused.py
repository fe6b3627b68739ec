"""What Compose refuses is refused with the place, the reason and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.compose import load_project, read_project

from tests.compose import real
from tests.compose.known import ENVIRONMENT
from tests.compose.refusals import REFUSALS, Refusal

EACH = pytest.mark.parametrize("refusal", REFUSALS, ids=[refusal.name for refusal in REFUSALS])


def write(refusal: Refusal, folder: Path) -> None:
    for name, text in {"compose.yml": refusal.text, **refusal.files}.items():
        (folder / name).write_text(text)


@EACH
def test_with_place_and_fix(refusal: Refusal, tmp_path: Path) -> None:
    write(refusal, tmp_path)
    project, findings = load_project(environment=ENVIRONMENT, working_directory=tmp_path)
    assert project is None
    first = findings[0]
    assert f"{first.place}: {first.message}" + (f" → {first.fix}" if first.fix else "") == refusal.finding


@EACH
@pytest.mark.compose
@pytest.mark.skipif(not real.is_there(), reason=real.MISSING)
def test_compose_refuses_it_too(refusal: Refusal, tmp_path: Path) -> None:
    write(refusal, tmp_path)
    assert real.config(tmp_path, [], ENVIRONMENT).json is None


def test_all_wrong_keys_and_types_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services:\n  a:\n    image: 5\n    port: [80]\n  b: {tty: 3}\n")
    _, findings = load_project(working_directory=tmp_path)
    assert [str(finding.place) for finding in findings] == [
        "compose.yml:3:12",
        "compose.yml:4:5",
        "compose.yml:5:12",
    ]


def test_who_cannot_go_on_gets_all_findings(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services:\n")
    with pytest.raises(DevkitError, match=r"compose\.yml:1:1: `services` takes") as caught:
        read_project(working_directory=tmp_path)
    assert caught.value.exit_code == 2


def test_no_file_at_all(tmp_path: Path) -> None:
    _, findings = load_project(["absent.yml"], working_directory=tmp_path)
    assert [(finding.id, str(finding.place)) for finding in findings] == [
        ("compose.no-such-file", "absent.yml")
    ]


def test_what_is_written_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text('services:\n  a: {"\\e[31mx": 1}\n')
    _, findings = load_project(working_directory=tmp_path)
    assert "\x1b" not in findings[0].message


def test_what_compose_does_by_chance_is_told(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text(
        "services:\n  a: {image: a, extends: b}\n  b:\n    extends: {service: c}\n    labels: !reset null\n"
        "  c: {image: c, labels: {x: y}}\n"
    )
    project, (warning,) = load_project(working_directory=tmp_path)
    assert project is not None
    assert project.find("services.a.labels") is None
    assert (warning.id, str(warning.place)) == ("compose.by-chance", "compose.yml:2:26")


@pytest.mark.parametrize(
    "text",
    [
        "include: ['oci://registry.example/x']\n",
        "services: {a: {extends: {file: 'https://x.example/y.git', service: a}}}\n",
    ],
)
def test_nothing_is_fetched(text: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text(text)
    _, findings = load_project(working_directory=tmp_path)
    assert [finding.id for finding in findings] == ["compose.elsewhere"]


@pytest.mark.parametrize("tag", ["", "!override "])
def test_aliases_that_would_fill_the_memory(tag: str, tmp_path: Path) -> None:
    levels = ["x-0: &a0 {k: v}"]
    levels += [
        f"x-{n}: &a{n} {{" + ", ".join(f"k{i}: *a{n - 1}" for i in range(10)) + "}" for n in range(1, 9)
    ]
    (tmp_path / "compose.yml").write_text(
        "\n".join([*levels, f"x-all: {tag}{{a: *a8}}", "services: {a: {image: a}}"])
    )
    _, findings = load_project(working_directory=tmp_path)
    assert [finding.id for finding in findings] == ["compose.too-many-values"]
