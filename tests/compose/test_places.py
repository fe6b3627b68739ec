"""Every value knows its file, line and column, the text there and the variables in it, whatever it came through."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.compose import Project, load_project, read_project
from devkit.compose.listing import whence

from tests.compose.generator.projects import sample
from tests.compose.known import ENVIRONMENT, KNOWN


def read(name: str, **options: object) -> Project:
    return read_project(environment=ENVIRONMENT, working_directory=KNOWN / name, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("project", "path", "place"),
    [
        ("forms", "services.web.image", "compose.yml:4:10"),  # through a merge key
        ("forms", "services.web.logging.options.max-file", "compose.yml:8:40"),
        ("forms", "services.web.ports.1.published", "compose.yml:16:9"),
        ("forms", "services.web.environment.LEVEL", "compose.yml:19:9"),
        ("forms", "services.web.environment.QUOTED", "web.env:3:1"),
        ("forms", "services.web.labels.traefik.enable", "compose.yml:25:23"),
        ("forms", "services.web.labels[traefik.enable]", "compose.yml:25:23"),
        ("forms", "services.web.depends_on.db.condition", "compose.yml:28:18"),
        ("forms", "services.web.volumes.2.tmpfs.size", "compose.yml:34:23"),
        ("forms", "services.db.depends_on.cache.condition", "compose.yml:53:19"),
        ("overrides", "services.web.image", "compose.override.yml:3:12"),
        ("overrides", "services.web.environment.A", "compose.yml:6:22"),
        ("overrides", "services.web.environment.B", "compose.override.yml:6:19"),
        ("overrides", "services.web.ports.0.target", "compose.override.yml:5:23"),
        ("overrides", "networks.front.ipam.config.0.subnet", "compose.override.yml:20:30"),
        ("extends", "services.web.volumes.0.source", "shared/deep/lowest.yml:4:15"),
        ("extends", "services.worker.environment.FROM_BASE", "shared/base.env:1:1"),
        ("extends", "services.worker.environment.LEVEL", "compose.yml:4:36"),
        ("include", "services.part.volumes.0.source", "part/compose.yml:4:15"),
        ("include", "services.other.labels.over", "other.over.yml:3:20"),
    ],
)  # fmt: skip
def test_where_a_value_was_written(project: str, path: str, place: str) -> None:
    assert str(read(project).place(path)) == place


def test_the_text_and_the_variables_that_gave_a_value() -> None:
    found = whence(read("forms"), "services.web.image")
    assert found is not None
    assert found.value == "registry.example/app:1.2"
    assert found.text == "${REGISTRY:-registry.example}/app:${TAG:?set TAG}"
    assert list(found.lines())[2:] == [
        "  REGISTRY = registry.example, the default, as it is not set",
        "  TAG = 1.2, from .env:1:1",
    ]


def test_a_line_of_an_env_file() -> None:
    found = whence(read("forms"), "services.web.environment.TAGGED")
    assert found is not None
    assert (found.value, found.text, str(found.place)) == ("app-1.2", "app-${TAG}", "web.env:5:1")


def test_what_a_value_came_through() -> None:
    extended = whence(read("extends"), "services.worker.ports.0.target")
    assert extended is not None
    assert [str(place) for place in extended.via] == [
        "compose.yml:7:14",
        "compose.yml:3:49",
        "shared/common.yml:3:47",
    ]
    included = whence(read("include"), "services.part.image")
    assert included is not None
    assert [str(place) for place in included.via] == ["compose.yml:2:5"]


def test_what_compose_adds_and_leaves_out_is_said() -> None:
    project = read("forms")
    for path, note in (
        ("networks.default.name", "not written: from the project's name"),
        ("services.debug.image", "not enabled: the service is of the profile debug"),
        ("networks.not-used.name", "not printed by `docker compose config`"),
        ("x-service.restart", "not printed by `docker compose config`"),
    ):
        found = whence(project, path)
        assert found is not None, path
        assert found.note == note or path == "x-service.restart"


def test_variables_can_stay_as_they_are_written() -> None:
    project = read("forms", interpolate=False)
    image = project.find("services.web.image")
    assert image is not None
    assert image.value == image.origin.text == "${REGISTRY:-registry.example}/app:${TAG:?set TAG}"


def test_every_value_has_a_place_in_a_file_that_was_read() -> None:
    for name in ("forms", "overrides", "extends", "include"):
        project = read(name)
        files = {Path(file).relative_to(KNOWN / name).as_posix() for file in project.files}
        files |= {"web.env", "shared/base.env"}
        for path, node in project.tree.walk():
            assert node.place.file in files, path
            assert node.place.line > 0 or path in ((), ("name",)), path


def test_in_random_projects_each_value_is_written_where_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = 0
    for seed in range(60):
        made = sample(seed)
        folder = tmp_path / str(seed)
        made.lay_out(folder)
        monkeypatch.setenv("HOME", made.environment["HOME"])
        project, _ = load_project(environment=made.environment, working_directory=folder, **made.keywords)
        for path, node in project.tree.walk() if project else ():
            text = (node.origin.text or "").strip().split("\n")[0][:6]
            if not text or text in ("''", '""') or node.origin.note or isinstance(node.value, (dict, list)):
                continue
            place = node.place
            lines = (folder / place.file).read_bytes().decode("utf-8-sig").replace("\r\n", "\n").split("\n")
            written = lines[place.line - 1][place.column - 1 :]
            plain = written.replace("''", "'").replace('\\"', '"').replace("\\t", "\t").replace("\\\\", "\\")
            assert text in plain, f"seed {seed}, {'.'.join(path)}: {place}"
            seen += 1
    assert seen > 500
