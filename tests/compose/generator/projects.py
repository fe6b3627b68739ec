"""Random Compose projects: several files and folders, env files, extends, includes, profiles, anchors, resets, mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.compose.generator.env_text import env_file, raw_file
from tests.compose.generator.mistakes import make_mistake
from tests.compose.generator.odd import odd_project
from tests.compose.generator.structures import make_structure
from tests.compose.generator.values import FIELDS, World, some
from tests.compose.generator.yaml_text import Alias, Anchor, Raw, Tagged, write

__all__ = ["Sample", "sample"]

_GIVEN = {
    "TAG": "1.0",
    "EMPTY_V": "",
    "HOST_V": "db.local",
    "NUM_V": "7",
    "DOLLAR_V": "a$b",
    "SPACE_V": "a b",
}
_UNSET = ["UNSET_A", "UNSET_B", "UNSET_C"]


@dataclass(frozen=True)
class Sample:
    """A project: files by path, the options and the environment that it is read with."""

    seed: int
    files: dict[str, str]
    options: list[str]
    environment: dict[str, str]
    keywords: dict[str, Any]  # the same options for `load_project`
    mistake: str | None

    def lay_out(self, folder: Path) -> None:
        """Writes the files."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())


def sample(seed: int) -> Sample:
    """The project of a seed."""
    return _Maker(Random(seed)).make(seed)


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.files: dict[str, str] = {}
        self.anchors = 0
        self.extended: list[tuple[str, str]] = []

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def make(self, seed: int) -> Sample:
        random = self.random
        count = random.randint(1, 5)
        names = ["web", "api", "db", "worker", "cache.1", "x-proxy", "q_1"]
        random.shuffle(names)
        self.names = names[:count]
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/home/someone"}
        in_env: dict[str, str] = {}
        for name, value in _GIVEN.items():
            (environment if self.chance(0.5) else in_env)[name] = value
        self.world = World(
            random, self.names, ["front", "back", "default", "outer"], ["vol1", "vol2", "ext"], ["sec1", "sec2"], ["conf1", "conf2"],
            dict(_GIVEN), _UNSET, ["dev", "test", "prod"], ["a.env", "./b.env"], ["labels.txt"],
        )  # fmt: skip
        if self.chance(0.25):
            return self._odd(seed, environment, in_env)
        if self.chance(0.33):
            made = make_structure(random)
            environment = {"PATH": environment["PATH"], "HOME": environment["HOME"], **made.environment}
            return Sample(seed, made.files, made.options, environment, made.keywords, "structure")
        base = self._base()
        documents: list[tuple[str, dict[str, Any]]] = [("compose.yml", base)]
        if self.chance(0.4):
            documents.append(("compose.override.yml", self._over()))
        if self.chance(0.15):
            documents.append(("third.yml", self._over()))
        if self.chance(0.3):
            self._extends(base)
        if self.chance(0.25):
            self._include(base)
        if self.chance(0.5):
            self._anchor(base)
        mistake = None
        if self.chance(0.22):
            mistake = make_mistake(random, random.choice(documents)[1], self.world)
        for name, document in documents:
            self.files[name] = write(document, random).lstrip("\n") + "\n"
        self._env_files(in_env)
        options, keywords = self._options([name for name, _ in documents], environment)
        return Sample(seed, self.files, options, environment, keywords, mistake)

    def _odd(self, seed: int, environment: dict[str, str], in_env: dict[str, str]) -> Sample:
        document, files, kind = odd_project(self.random)
        self.files |= files
        self.files["compose.yml"] = write(document, self.random).lstrip("\n") + "\n"
        lines = [f"{name}='{value}'" for name, value in in_env.items()]
        self.files[".env"] = "\n".join(lines) + "\n"
        return Sample(seed, self.files, [], environment, {}, f"odd {kind}")

    # the files

    def _base(self) -> dict[str, Any]:
        world, random = self.world, self.random
        document: dict[str, Any] = {}
        if self.chance(0.15):
            document["version"] = "3.8"
        if self.chance(0.3):
            document["name"] = random.choice(["proj", "My-Proj", "p${TAG}x", "${UNSET_A:-dflt}"])
        services: dict[str, Any] = {}
        for index, name in enumerate(self.names):
            world.own, world.later = name, self.names[index + 1 :]
            services[name] = self._service(random.randint(2, 14))
        document["services"] = services
        document |= self._resources()
        if self.chance(0.2):
            document["x-top"] = {"b": 1, "a": [1, "two", {"c": None}], "f": 1.5}
        return document

    def _service(self, fields: int, *, whole: bool = True) -> dict[str, Any]:
        world = self.world
        chosen = self.random.sample(list(FIELDS), fields)
        if whole and not {"image", "build"} & set(chosen):
            chosen.append("image")
        if "network_mode" in chosen and self.chance(0.9):
            chosen = [
                name
                for name in chosen
                if name not in ("networks", *(("network_mode",) if not whole or self.chance(0.5) else ()))
            ]
        if "deploy" in chosen and self.chance(0.9):
            chosen = [
                name for name in chosen if name not in ("cpus", "mem_limit", "mem_reservation", "pids_limit")
            ]
        if "scale" in chosen and "deploy" in chosen and self.chance(0.9):
            chosen.remove("scale")
        if "profiles" in chosen and self.chance(0.5):
            chosen.remove("profiles")
        if "platform" in chosen and "build" in chosen:
            chosen.remove("platform")
        service = {name: FIELDS[name](world) for name in chosen}
        nullable = ("command", "entrypoint")
        return {
            name: value
            for name, value in service.items()
            if value is not None or (name in nullable and self.chance(0.5))
        }

    def _resources(self) -> dict[str, Any]:
        world, random = self.world, self.random
        networks: dict[str, Any] = {
            "front": random.choice([None, {}, {"driver": "bridge", "internal": random.choice([True, "true"])}, {"labels": {"a": 1}, "attachable": True}]),
            "back": random.choice([None, {"ipam": {"driver": "default", "config": [{"subnet": "10.1.0.0/16", "gateway": "10.1.0.1", "aux_addresses": {"h": "10.1.0.9"}}], "options": {"o": "1"}}}, {"enable_ipv6": True, "driver_opts": {"n": 5, "s": "t"}}]),
            "outer": random.choice([{"external": True}, {"external": True, "name": "given"}, {"name": some(world, "named")}, {"external": {"name": "old"}}, {"external": "true"}]),
        }  # fmt: skip
        if self.chance(0.2):
            networks["default"] = random.choice([None, {"driver": "overlay"}, {"name": "def"}])
        volumes: dict[str, Any] = {
            "vol1": random.choice(
                [
                    None,
                    {},
                    {"driver": "local", "driver_opts": {"type": "none", "o": "bind", "device": "./dev"}},
                    {"labels": ["a=b"]},
                ]
            ),
            "vol2": random.choice([None, {"name": "named-${TAG}"}, {"driver_opts": {"size": 5}}]),
            "ext": random.choice(
                [
                    {"external": True},
                    {"external": True, "name": "extname"},
                    {"external": False},
                    {"external": "${UNSET_A:-true}"},
                ]
            ),
        }
        secrets: dict[str, Any] = {
            "sec1": random.choice(
                [
                    {"file": "./sec.txt"},
                    {"environment": "TAG"},
                    {"external": True},
                    {"file": "/abs", "name": "n"},
                ]
            ),
            "sec2": random.choice(
                [
                    {"environment": "UNSET_A"},
                    {"external": True, "name": "other"},
                    {"file": "~/s", "labels": {"x": "y"}},
                    {"external": {"name": "old"}},
                ]
            ),
        }
        configs: dict[str, Any] = {
            "conf1": random.choice(
                [
                    {"file": "./c.conf"},
                    {"content": "a=${TAG}\nb=$$x\n"},
                    {"environment": "HOST_V"},
                    {"external": True},
                ]
            ),
            "conf2": random.choice(
                [{"environment": "UNSET_B"}, {"content": "text"}, {"external": "true", "name": "nn"}]
            ),
        }
        models: dict[str, Any] = {
            "m1": random.choice(
                [
                    {"model": "ai/one"},
                    {"model": "ai/${TAG}", "context_size": 512, "runtime_flags": ["--a", "b"]},
                ]
            ),
            "m2": {"model": "ai/two", "name": "two"},
        }
        found = {
            "models": models,
            "networks": networks,
            "volumes": volumes,
            "secrets": secrets,
            "configs": configs,
        }
        if self.chance(0.03):
            found.pop(random.choice(list(found)))
        return found

    def _over(self) -> dict[str, Any]:
        """A file that goes over the first one."""
        world, random = self.world, self.random
        services: dict[str, Any] = {}
        for index, name in enumerate(self.names):
            if not self.chance(0.7):
                continue
            world.own, world.later = name, self.names[index + 1 :]
            service = self._service(random.randint(1, 9), whole=False)
            for field in list(service):
                if self.chance(0.1):
                    service[field] = Tagged("!reset", random.choice([None, [], service[field]]))
                elif self.chance(0.1) and isinstance(service[field], (dict, list)):
                    service[field] = Tagged("!override", service[field])
            services[name] = service
        if self.chance(0.1):
            world.own, world.later = "extra", []
            services["extra"] = {**self._service(4), "container_name": "extra-name"}
        document: dict[str, Any] = {"services": services} if services else {"x-only": 1}
        if self.chance(0.3):
            document |= random.choice(
                [
                    {"networks": {"front": {"labels": ["b=2"], "driver": "bridge"}}},
                    {
                        "networks": {
                            "back": {
                                "ipam": {
                                    "config": [
                                        {"subnet": "10.1.0.0/16", "gateway": "10.1.0.2"},
                                        {"subnet": "10.2.0.0/16"},
                                    ]
                                }
                            }
                        }
                    },
                    {"volumes": {"vol1": {"labels": {"c": "d"}}, "vol2": None}},
                    {"volumes": {"vol2": Tagged("!reset", None)}},
                    {"name": "second"},
                    {"x-top": {"b": 2, "n": "new"}},
                    {"networks": {"default": {"driver": "bridge"}}},
                    {"secrets": {"sec1": {"labels": {"k": "v"}}}},
                ]
            )
        return document

    def _extends(self, base: dict[str, Any]) -> None:
        world, random = self.world, self.random
        services = base["services"]
        kind = random.randrange(4)
        world.own, world.later = "common", []
        if kind == 0 and len(self.names) > 1:  # of the same file
            one, other = self.names[0], self.names[-1]
            services[one]["extends"] = random.choice([other, {"service": other}])
            return
        folder = random.choice(["", "sub/", "sub/deep/"])
        file = f"{folder}common.yml"
        common = {"common": self._service(random.randint(2, 10), whole=self.chance(0.7))}
        for name in ("depends_on", "links", "volumes_from", "network_mode", "profiles"):
            common["common"].pop(name, None)
        self.files[f"{folder}a.env"] = "IN_SUB=1\nTAG=from-sub\n"
        self.files[f"{folder}b.env"] = "IN_SUB_B=${TAG}\n"
        self.files[f"{folder}labels.txt"] = "in.sub=1\n"
        self.files[f"{folder}raw.vars"] = "RAW_SUB=a b\n"
        document: dict[str, Any] = {"services": common}
        if kind == 2:  # a chain in the other file
            common["lower"] = self._service(random.randint(1, 5))
            for name in ("depends_on", "links", "volumes_from", "network_mode", "profiles"):
                common["lower"].pop(name, None)
            common["common"]["extends"] = random.choice(["lower", {"service": "lower"}])
        if kind == 3:  # a chain over two folders
            common["common"]["extends"] = {
                "file": "../third/lower.yml" if folder else "third/lower.yml",
                "service": "lower",
            }
            lower = self._service(random.randint(1, 6))
            for name in (
                "depends_on",
                "links",
                "volumes_from",
                "network_mode",
                "profiles",
                "env_file",
                "label_file",
            ):
                lower.pop(name, None)
            where = {"": "third", "sub/": "third", "sub/deep/": "sub/third"}[folder]
            self.files[f"{where}/lower.yml"] = (
                write({"services": {"lower": lower}}, random).lstrip("\n") + "\n"
            )
        self.files[file] = write(document, random).lstrip("\n") + "\n"
        for name in self.random.sample(self.names, min(len(self.names), random.randint(1, 2))):
            services[name]["extends"] = {"file": random.choice([file, f"./{file}"]), "service": "common"}

    def _include(self, base: dict[str, Any]) -> None:
        world, random = self.world, self.random
        world.own, world.later = "inc", []
        service = self._service(random.randint(2, 10))
        for name in ("depends_on", "links", "volumes_from", "network_mode", "profiles"):
            service.pop(name, None)
        service["environment"] = {"FROM_INC": "${INC_V:-none}", "T": "${TAG}"}
        included: dict[str, Any] = {"services": {"inc": service}}
        uses = self._resources()
        if self.chance(0.3):
            included |= uses
        else:
            for name in ("networks", "volumes", "secrets", "configs", "models"):
                service.pop(name, None)
            build = service.get("build")
            if isinstance(build, dict):
                build.pop("secrets", None)
        files = {
            "a.env": "IN_INC=1\n",
            "b.env": "IN_INC_B=${TAG}\n",
            "labels.txt": "in.inc=1\n",
            "raw.vars": "RAW_INC=a b\n",
        }
        self.files |= {f"inc/{name}": text for name, text in files.items()}
        if self.chance(0.5):
            self.files["inc/.env"] = "INC_V=from-inc\nTAG=inc-tag\n"
        if self.chance(0.3):
            self.files["inc/deep/nested.yml"] = (
                write(
                    {
                        "services": {
                            "nested": {"image": "n:${INC_V:-x}", "build": "./ctx", "volumes": ["./d:/d"]}
                        }
                    },
                    random,
                ).lstrip("\n")
                + "\n"
            )
            included["include"] = ["deep/nested.yml"]
        self.files["inc/compose.yml"] = write(included, random).lstrip("\n") + "\n"
        self.files["other.env"] = "INC_V=from-other\n"
        entry: Any = random.choice(["inc/compose.yml", "./inc/compose.yml", {"path": "inc/compose.yml"}])
        if self.chance(0.3):
            self.files["inc/over.yml"] = (
                write({"services": {"inc": {"labels": {"over": "1"}, "volumes": ["./o:/o"]}}}, random).lstrip(
                    "\n"
                )
                + "\n"
            )
            entry = {"path": ["inc/compose.yml", "inc/over.yml"]}
        if isinstance(entry, dict) and self.chance(0.4):
            entry["env_file"] = random.choice(["other.env", ["other.env", "./other.env"]])
        if isinstance(entry, dict) and self.chance(0.3) and "include" not in included:
            entry["project_directory"] = random.choice(["inc", "./inc", "."])
        base["include"] = [entry]
        if self.chance(0.1):
            base["include"].append(entry)

    def _anchor(self, base: dict[str, Any]) -> None:
        """Some values become an extension at the top, which services use by alias or merge key."""
        services, random = base["services"], self.random
        for name, service in services.items():
            if not service or "extends" in service or not self.chance(0.5):
                continue
            self.anchors += 1
            anchor = f"a{self.anchors}"
            moved = {
                field: service.pop(field)
                for field in list(service)
                if self.chance(0.4) and field not in ("depends_on", "x-extra")
            }
            shared = {f"x-shared{self.anchors}": Anchor(anchor, moved)}
            base_items = list(base.items())
            base.clear()
            base.update({**shared, **dict(base_items)})
            services[name] = {"<<": random.choice([Alias(anchor), Raw(f"[*{anchor}]")]), **service}
            if not moved and "image" not in service:
                services[name].setdefault("image", "nginx")
            return

    # how it is read

    def _env_files(self, in_env: dict[str, str]) -> None:
        random = self.random
        lines = [f"{name}={value.replace('$', '$$')}" for name, value in in_env.items()]
        if self.chance(0.3):
            lines.append("COMPOSE_PROFILES=dev,test")
        if self.chance(0.1):
            lines.append("COMPOSE_PROJECT_NAME=envname")
        self.files[".env"] = "\n".join(lines) + "\n"
        wrong = self.chance(0.03)
        self.files.setdefault(
            "a.env",
            env_file(random, ["A1", "A2", "TAG", "SHARED", "A3"], [*_GIVEN, *_UNSET, "A1"], wrong=wrong),
        )
        self.files.setdefault("b.env", env_file(random, ["B1", "SHARED", "B2"], [*_GIVEN, "A1", "B1"]))
        self.files.setdefault("labels.txt", env_file(random, ["l_one", "l.two"], ["l_one", "UNSET_A"]))
        self.files.setdefault("raw.vars", raw_file(random))

    def _options(self, names: list[str], environment: dict[str, str]) -> tuple[list[str], dict[str, Any]]:
        random = self.random
        options: list[str] = []
        keywords: dict[str, Any] = {}
        found_by_itself = names in (["compose.yml"], ["compose.yml", "compose.override.yml"])
        if not found_by_itself or self.chance(0.5):
            for name in names:
                options += ["-f", name]
            keywords["files"] = names
        profiles = random.choice([[], [], ["dev"], ["dev", "prod"], ["*"]])
        for profile in profiles:
            options += ["--profile", profile]
        keywords["profiles"] = profiles
        if self.chance(0.15):
            self.files["alt.env"] = "TAG=alt\nUNSET_C=now-set\n"
            options += ["--env-file", "alt.env"]
            keywords["env_files"] = ["alt.env"]
            if self.chance(0.3):
                options += ["--env-file", ".env"]
                keywords["env_files"] = ["alt.env", ".env"]
        if self.chance(0.08):
            self.files["elsewhere/.env"] = "TAG=elsewhere\n"
            options += ["--project-directory", "elsewhere"]
            keywords["project_directory"] = "elsewhere"
        if self.chance(0.1):
            options += ["-p", "given"]
            keywords["name"] = "given"
        if self.chance(0.1):
            environment["COMPOSE_PROFILES"] = "prod"
        return options, keywords
