"""Where Compose finds its files, variables and name: compared with the real one, situation by situation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from devkit.compose import load_project

from tests.compose import real
from tests.compose.known import ENVIRONMENT

pytestmark = [pytest.mark.compose, pytest.mark.skipif(not real.is_there(), reason=real.MISSING)]

WEB = 'services:\n  web:\n    image: web:${TAG:-none}\n    environment: [TAG, "P=${COMPOSE_PROJECT_NAME}"]\n'
OVER = "services:\n  web: {labels: {over: yes}}\n"
_OPTIONS = {"files": "-f", "profiles": "--profile", "env_files": "--env-file"}
_SINGLE = {"name": "-p", "project_directory": "--project-directory"}


@dataclass(frozen=True)
class Situation:
    """Files, where Compose is called, with which options (by `load_project`'s names) and variables."""

    name: str
    files: dict[str, str]
    here: str = "."
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    refused: bool = False


SITUATIONS = [
    Situation("above", {"compose.yml": WEB, ".env": "TAG=above", "in/here/.env": "TAG=here"}, here="in/here"),
    Situation("above-override", {"compose.yaml": WEB, "compose.override.yaml": OVER, "in/x": ""}, here="in"),
    Situation("several-names", {"docker-compose.yml": OVER, "compose.yml": WEB, "docker-compose.override.yml": OVER}),
    Situation("no-override-with-f", {"compose.yml": WEB, "compose.override.yml": OVER}, options={"files": ["compose.yml"]}),
    Situation("none", {"x": ""}, refused=True),
    Situation("compose-file", {"a/one.yml": WEB, "b/two.yml": OVER, ".env": "TAG=root", "a/.env": "TAG=a"}, environment={"COMPOSE_FILE": "a/one.yml:b/two.yml"}),
    Situation("compose-file-in-env", {"a/one.yml": WEB, ".env": "COMPOSE_FILE=a/one.yml\nTAG=root", "a/.env": "TAG=a"}),
    Situation("compose-file-separator", {"one.yml": WEB, "two.yml": OVER}, environment={"COMPOSE_FILE": "one.yml;two.yml", "COMPOSE_PATH_SEPARATOR": ";"}),
    Situation("compose-file-absent", {"one.yml": WEB}, environment={"COMPOSE_FILE": "one.yml:absent.yml"}, refused=True),
    Situation("env-files", {"compose.yml": WEB, "one.env": "TAG=one\nA=1", "two.env": "TAG=two-${A}"}, options={"env_files": ["one.env", "two.env"]}),
    Situation("env-file-absent", {"compose.yml": WEB}, options={"env_files": ["absent.env"]}, refused=True),
    Situation("env-files-variable", {"compose.yml": WEB, "one.env": "TAG=one", ".env": "TAG=dot"}, environment={"COMPOSE_ENV_FILES": "one.env"}),
    Situation("env-file-off", {"compose.yml": WEB, ".env": "TAG=dot"}, environment={"COMPOSE_DISABLE_ENV_FILE": "1"}),
    Situation("env-file-switch", {"compose.yml": WEB, ".env": "TAG=dot"}, environment={"COMPOSE_DISABLE_ENV_FILE": "maybe"}, refused=True),
    Situation("env-folder", {"compose.yml": WEB, ".env/x": ""}),
    Situation("shell-wins", {"compose.yml": WEB, ".env": "TAG=dot"}, environment={"TAG": "shell"}),
    Situation("empty-in-shell", {"compose.yml": WEB, ".env": "TAG=dot"}, environment={"TAG": ""}),
    Situation("directory", {"sub/compose.yml": WEB + "    build: ./x\n", "sub/.env": "TAG=sub", ".env": "TAG=root"}, options={"files": ["sub/compose.yml"], "project_directory": "."}),
    Situation("directory-alone", {"sub/compose.yml": WEB, "sub/.env": "TAG=sub"}, options={"project_directory": "sub"}),
    Situation("second-elsewhere", {"a/one.yml": WEB, "b/two.yml": "services: {web: {build: ./y}}\n"}, options={"files": ["a/one.yml", "b/two.yml"]}),
    Situation("name-option", {"compose.yml": "name: own\n" + WEB}, options={"name": "given"}),
    Situation("name-option-wrong", {"compose.yml": WEB}, options={"name": "Given!"}, refused=True),
    Situation("name-variable", {"compose.yml": "name: own\n" + WEB, ".env": "COMPOSE_PROJECT_NAME=variable"}),
    Situation("name-variable-wrong", {"compose.yml": WEB}, environment={"COMPOSE_PROJECT_NAME": "No Name"}, refused=True),
    Situation("name-variable-empty", {"compose.yml": "name: own\n" + WEB}, environment={"COMPOSE_PROJECT_NAME": ""}),
    Situation("name-interpolated", {"compose.yml": "name: p-${TAG:-x}\n" + WEB, ".env": "TAG=Seven"}),
    Situation("name-of-last", {"compose.yml": "name: one\n" + WEB, "compose.override.yml": "name: two\n" + OVER}),
    Situation("name-of-folder", {"My Project.1/compose.yml": WEB}, options={"files": ["My Project.1/compose.yml"]}),
    Situation("name-of-nothing", {"___/compose.yml": WEB}, options={"files": ["___/compose.yml"]}, refused=True),
    Situation("name-of-document", {"compose.yml": WEB + "---\nname: second\n"}),
    Situation("link", {"real/compose.yml": WEB, "real/.env": "TAG=real"}, here="link", links={"link": "real"}),
    Situation("profiles-variable", {"compose.yml": WEB + "  b: {image: b, profiles: [x, y]}\n", ".env": "COMPOSE_PROFILES=z, y"}),
    Situation("profiles-all", {"compose.yml": WEB + "  b: {image: b, profiles: [x]}\n"}, environment={"COMPOSE_PROFILES": "*"}),
    Situation("profile-beats-variable", {"compose.yml": WEB + "  b: {image: b, profiles: [x]}\n"}, options={"profiles": ["q"]}, environment={"COMPOSE_PROFILES": "x"}),
    Situation("optional-of-profile", {"compose.yml": WEB + "    depends_on: {b: {condition: service_started, required: false}}\n  b: {image: b, profiles: [x]}\n"}),
    Situation("file-is-folder", {"compose.yml/x": ""}, options={"files": ["compose.yml"]}, refused=True),
    Situation("bytes", {"compose.yml": "\ufeff" + WEB}),
    Situation("carriage-returns", {"compose.yml": WEB.replace("\n", "\r\n")}),
    Situation("include-folder", {"compose.yml": "include: [sub]\n" + WEB, "sub/compose.yml": OVER}, refused=True),
    Situation("include-above", {"a/compose.yml": "include: [../b/x.yml]\n" + WEB, "b/x.yml": "services: {x: {image: x, build: ., env_file: e}}\n", "b/e": "A=${TAG}", "b/.env": "TAG=b"}, here="a"),
    Situation("watch-link", {"compose.yml": WEB + "    develop: {watch: [{path: link/in, action: rebuild}]}\n", "real/in/x": ""}, links={"link": "real"}),
    Situation("env-file-folder", {"compose.yml": WEB + "    env_file: e\n", "e/x": ""}, refused=True),
    Situation("pwd", {"compose.yml": "services: {web: {image: 'x${PWD:+y}'}}\n"}),
]  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.name for situation in SITUATIONS])
def test_as_compose_does(situation: Situation, tmp_path: Path) -> None:
    for name, text in situation.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name, to in situation.links.items():
        (tmp_path / name).symlink_to(to)
    here, environment = tmp_path / situation.here, {**ENVIRONMENT, **situation.environment}
    options = [
        word
        for key, flag in _OPTIONS.items()
        for value in situation.options.get(key, [])
        for word in (flag, value)
    ]
    options += [
        word
        for key, flag in _SINGLE.items()
        if key in situation.options
        for word in (flag, situation.options[key])
    ]
    answer = real.config(here, options, {**environment, "PWD": str(here)})
    assert (answer.json is None) == situation.refused, answer.said
    project, findings = load_project(environment=environment, working_directory=here, **situation.options)
    assert (project.json() if project else None) == answer.json, [
        f"{f.place}: {f.message}" for f in findings
    ] or answer.said
