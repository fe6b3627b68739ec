"""Projects whose files refer to each other: includes within includes, chains of extends over folders, resets, several documents."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.compose.generator.yaml_text import Tagged, write

__all__ = ["Structure", "make_structure"]

_FOLDERS = ("", "", "a", "a/b", "c")
_ENV = ("TAG=of-{}", "TAG=${{TAG:-x}}-{}", "WHERE={}", "OTHER_V={}", "")


@dataclass
class Structure:
    """The files, the options by which they are read, and the variables of the shell that matter."""

    files: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    keywords: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class _File:
    folder: str
    name: str
    services: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return posixpath.join(self.folder, self.name)


def make_structure(random: Random) -> Structure:
    """A structure of two to six files."""
    made = Structure()
    files = [_File(random.choice(_FOLDERS), f"f{index}.yml") for index in range(random.randint(2, 6))]
    files[0].folder, files[0].name = random.choice(
        [("", "compose.yml"), ("", "compose.yml"), ("a", "compose.yml")]
    )
    for index, file in enumerate(files):
        _fill(random, file, index)
    for index, file in enumerate(files):
        _refer(random, file, files[index + 1 :], files, made)
    mains = [files[0]]
    if random.random() < 0.35:
        over = _File(files[0].folder, "over.yml")
        over.services = {name: _service(random, name) for name in files[0].services if random.random() < 0.7}
        for service in over.services.values():
            _reset(random, service, 0.3)
        over.document = {"services": over.services} if over.services else {"x-none": None}
        if random.random() < 0.3:
            over.document["include"] = (
                [_relative(random.choice(files[1:]).path, over.folder)] if len(files) > 1 else []
            )
        files.append(over)
        mains.append(over)
    for file in files:
        text = write(file.document, random).lstrip("\n") + "\n"
        if random.random() < 0.12:
            more = {"services": {name: {"labels": {"doc": "2"}, "image": "second"} for name in file.services}}
            text += "---" + write(more, random) + "\n"
        made.files[file.path] = text
    for folder in {file.folder for file in files} | {"", "c"}:
        if random.random() < 0.6:
            made.files[posixpath.join(folder, ".env")] = (
                random.choice(_ENV).format(folder.replace("/", "-") or "root") + "\n"
            )
        made.files[posixpath.join(folder, "s.env")] = f"FROM_S={folder or 'root'}\nS_TAG=${{TAG:-none}}\n"
        made.files[posixpath.join(folder, "i.env")] = (
            f"TAG=i-{folder.replace('/', '-')}\nI_V=${{WHERE:-nowhere}}\n"
        )
    _how(random, mains, made)
    return made


def _fill(random: Random, file: _File, index: int) -> None:
    for number in range(random.randint(1, 3)):
        name = f"s{index}_{number}"
        file.services[name] = _service(random, name)
    file.document["services"] = file.services
    if random.random() < 0.3:
        file.document["volumes"] = {
            random.choice(["v1", f"v{index}"]): random.choice(
                [
                    None,
                    {"driver": "local", "driver_opts": {"o": "bind", "device": "./dev"}},
                    {"name": "n-${TAG:-x}"},
                ]
            )
        }
    if random.random() < 0.2:
        file.document["configs"] = {
            f"c{index}": random.choice(
                [{"file": "./c.conf"}, {"content": "x=${TAG:-none}"}, {"environment": "TAG"}]
            )
        }
    if random.random() < 0.2:
        file.document["networks"] = {
            random.choice(["n1", f"n{index}"]): random.choice([None, {"internal": True}])
        }
    if random.random() < 0.2:
        file.document["secrets"] = {
            f"sec{index}": random.choice([{"file": "./s.txt"}, {"environment": "TAG"}])
        }
    own = next(iter(file.services.values()))
    for kind, key in (("configs", "configs"), ("secrets", "secrets"), ("networks", "networks")):
        if kind in file.document and random.random() < 0.7:
            own[key] = list(file.document[kind])
    if "volumes" in file.document:
        own.setdefault("volumes", []).append(f"{next(iter(file.document['volumes']))}:/named")


def _service(random: Random, name: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "image": random.choice(["img:${TAG:-none}", "i:${WHERE-}x", f"{name}:1"]),
        "build": random.choice([".", "./ctx", {"context": "../up", "args": {"TAG": None, "B": "1"}}, {"additional_contexts": {"x": "./more"}}]),
        "volumes": random.choice([["./data:/data"], [{"type": "bind", "source": "./b", "target": "/b"}], ["~/h:/h", "./data:/data2"]]),
        "env_file": random.choice(["s.env", ["./s.env"], [{"path": "s.env"}, {"path": "none.env", "required": False}]]),
        "environment": random.choice([["TAG", "A=1"], {"TAG": None, "B": "${OTHER_V:-o}"}, {"A": "2", "C": "3"}, ["A=${TAG:-q}"]]),
        "labels": random.choice([{"l": "1", "m": "2"}, ["l=3", "n=${WHERE:-w}"]]),
        "command": random.choice(["run it", ["a", "b"], None]),
        "ports": random.choice([["80"], ["81:81", "82"], [{"target": 80, "published": "80"}]]),
        "deploy": {"resources": {"limits": {"memory": "64m"}}, "labels": {"d": "1"}},
        "healthcheck": {"test": "x", "interval": "5s"},
        "logging": random.choice([{"driver": "local"}, {"driver": "syslog", "options": {"a": "b"}}]),
        "develop": {"watch": [{"path": "./w", "action": "rebuild"}]},
        "ulimits": random.choice([{"nofile": 5}, {"nofile": {"soft": 1, "hard": 2}}]),
        "dns": random.choice(["1.1.1.1", ["8.8.8.8"]]),
        "extra_hosts": random.choice([["a:1.1.1.1"], {"a": "2.2.2.2", "b": "::1"}]),
        "tmpfs": random.choice(["/t", ["/t", "/u"]]),
    }  # fmt: skip
    chosen = random.sample(list(options), random.randint(1, 6))
    if random.random() < 0.9 and not {"image", "build"} & set(chosen):
        chosen.append("image")
    return {key: options[key] for key in chosen}


def _relative(path: str, folder: str) -> str:
    return posixpath.relpath(path, folder or ".")


def _refer(random: Random, file: _File, later: list[_File], files: list[_File], made: Structure) -> None:
    extended: set[str] = set()
    names = list(file.services)
    for at, name in enumerate(names):
        if random.random() > 0.4:
            continue
        service = file.services[name]
        if later and random.random() < 0.6:
            other = random.choice(later)
            target = random.choice(list(other.services))
            path = _relative(other.path, file.folder)
            service["extends"] = {"file": random.choice([path, f"./{path}"]), "service": target}
        elif at + 1 < len(names):
            target = random.choice(names[at + 1 :])
            service["extends"] = random.choice([target, {"service": target}])
            extended.add(target)
        if random.random() < 0.03:
            service["extends"] = {"file": _relative(random.choice(files).path, file.folder), "service": name}
    for name, service in file.services.items():
        # Of a service that extends one and is extended itself, Compose applies resets or not, by chance.
        if "extends" in service and name not in extended:
            _reset(random, service, 0.35)
    if later and random.random() < 0.45:
        file.document["include"] = [
            _include(random, other, file)
            for other in random.sample(later, min(len(later), random.randint(1, 2)))
        ]


def _include(random: Random, other: _File, file: _File) -> Any:
    path = _relative(other.path, file.folder)
    if random.random() < 0.45:
        return random.choice([path, f"./{path}"])
    entry: dict[str, Any] = {"path": random.choice([path, [path]])}
    if random.random() < 0.4:
        entry["project_directory"] = random.choice(
            [".", "..", "c", "./a", _relative(other.folder or ".", file.folder)]
        )
    if random.random() < 0.4:
        entry["env_file"] = random.choice(["i.env", ["i.env"], ["i.env", "s.env"], "./i.env"])
    return entry


def _reset(random: Random, service: dict[str, Any], probability: float) -> None:
    """Some of the fields, or what is in them, become `!reset` or `!override`."""
    for key in list(service):
        value = service[key]
        if key == "extends" or random.random() > probability:
            continue
        if isinstance(value, dict) and random.random() < 0.5:
            inner = random.choice(list(value))
            if random.random() < 0.6:
                value[inner] = Tagged("!reset", random.choice([None, value[inner]]))
            elif isinstance(value[inner], (dict, list)):
                value[inner] = Tagged("!override", value[inner])
        else:
            service[key] = Tagged(random.choice(["!reset", "!override"]), value)
    if random.random() < probability / 2:
        service[random.choice(["labels", "ports", "environment", "volumes", "deploy", "image", "build"])] = (
            Tagged("!reset", None)
        )


def _how(random: Random, mains: list[_File], made: Structure) -> None:
    names = [file.path for file in mains]
    if random.random() < 0.2:
        separator = random.choice([":", ","])
        made.environment["COMPOSE_FILE"] = separator.join(names)
        if separator != ":":
            made.environment["COMPOSE_PATH_SEPARATOR"] = separator
    elif names != ["compose.yml"] or random.random() < 0.7:
        for name in names:
            made.options += ["-f", name]
        made.keywords["files"] = names
    if random.random() < 0.15:
        folder = random.choice(["a", ".", "c"])
        made.options += ["--project-directory", folder]
        made.keywords["project_directory"] = folder
        made.files.setdefault(posixpath.join(folder, "keep"), "")
    if random.random() < 0.2:
        made.environment["TAG"] = "shell"
    if random.random() < 0.15:
        made.options += ["--env-file", "i.env", "--env-file", "s.env"]
        made.keywords["env_files"] = ["i.env", "s.env"]
