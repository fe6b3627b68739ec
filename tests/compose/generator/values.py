"""Random values for every field of a service, in all their forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.compose.generator.yaml_text import Raw

__all__ = ["FIELDS", "World", "some"]


@dataclass
class World:
    """The names that a project has."""

    random: Random
    services: list[str]
    networks: list[str]
    volumes: list[str]
    secrets: list[str]
    configs: list[str]
    variables: dict[str, str]
    unset: list[str]
    profiles: list[str]
    env_files: list[str]
    label_files: list[str]
    own: str = ""
    later: list[str] = field(default_factory=list)  # services that this one may depend on

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def several(self, options: list[Any], most: int = 3) -> list[Any]:
        return self.random.sample(options, min(len(options), self.random.randint(1, most))) if options else []

    def variable(self) -> str:
        return self.random.choice([*self.variables, *self.unset])


def some(world: World, plain: str) -> str:
    """A text, now and then with variables in it."""
    if not world.chance(0.25):
        return plain
    name, other = world.variable(), world.variable()
    unset = world.random.choice(world.unset)
    given = world.random.choice(list(world.variables))
    forms = [
        f"${{{name}:-{plain}}}", f"${{{name}-{plain}}}", f"${{{unset}:-{plain}}}", f"${{{unset}-{plain}}}",
        f"${{{unset}:-${{{other}:-{plain}}}}}", f"{plain}${{{name}:+x}}", f"{plain}${{{name}+y}}", f"{plain}${{{unset}}}",
        f"${{{given}:+{plain}}}", f"${{{unset}:-{plain}}}${{{unset}}}", f"${{{given}?needed}}", f"${given}",
    ]  # fmt: skip
    return str(world.random.choice(forms))


def _word(world: World) -> str:
    return str(world.pick("alpha", "beta", "gamma", "delta", "a-b", "x_1", "Zed", "v1.2"))


def _free(world: World) -> str:
    """Any text: odd characters, dollars, quotes, other alphabets."""
    return str(
        world.pick("a b", "x=y", "a$$b", "$$", "é ü", "<tag>&", 'say "hi"', "it's", "#no", "a: b", "tab\there", "100%", "日本", "a$$$$b", "$1", "two\nlines", "", " lead", "end ")
    )  # fmt: skip


def _texts(*options: str) -> Callable[[World], Any]:
    return lambda world: some(world, world.pick(*options))


def _list_of(*options: str, most: int = 3) -> Callable[[World], Any]:
    return lambda world: list(dict.fromkeys(some(world, text) for text in world.several(list(options), most)))


def _one_or_list(*options: str) -> Callable[[World], Any]:
    return lambda world: world.pick(options)[0] if world.chance(0.4) else _list_of(*options)(world)


def _flag(world: World) -> Any:
    return world.pick(
        True, False, True, "true", "false", "yes", "off", Raw("yes"), Raw("no"), "Y", "${UNSET_FLAG:-true}"
    )


def _strict_flag(world: World) -> Any:
    return world.pick(True, False)


def _whole(*options: int) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        number = world.pick(*options)
        return world.pick(number, number, str(number), f"${{UNSET_NUMBER:-{number}}}")

    return make


def _decimal(*options: float) -> Callable[[World], Any]:
    return lambda world: world.pick(*options, *(str(option) for option in options))


def _size(world: World) -> Any:
    return world.pick(
        "64m",
        "1g",
        "1.5g",
        "512k",
        "1024",
        "2gb",
        "128M",
        "1 gb",
        "1KiB",
        "100b",
        "0",
        "${UNSET_SIZE:-256m}",
        "1e3",
        "0.5m",
    )


def _duration(world: World) -> str:
    return str(
        world.pick(
            "30s",
            "1m30s",
            "500ms",
            "1h",
            "2d",
            "1w",
            "1.5s",
            "90s",
            "1m",
            "0s",
            "250us",
            "10ns",
            "1h0m5s",
            "61m",
            "1.25h",
            "0",
            "-5s",
            "3600s",
        )
    )


def _pairs(world: World) -> Any:
    names = ["NAME", "PORT", "MODE", "a.b", "with-dash", "traefik.enable", "X_1", "EMPTY", "NUM", "FLAG"]
    if world.chance(0.5):
        return {
            name: world.pick(some(world, _word(world)), _free(world), 5, 1.5, True, False, None, 1000000.0, 0.00001, 123456789, Raw("0x1F"), Raw("0777"), Raw("1_000"), Raw("1e3"), Raw("12:30"), Raw("08"), "")
            for name in world.several(names, 5)
        }  # fmt: skip
    return [
        f"{name}={some(world, world.pick(_word(world), _free(world), 'a=b', ''))}"
        for name in world.several(names, 5)
    ]


def _environment(world: World) -> Any:
    found = _pairs(world)
    if world.chance(0.5):
        for name in world.several([*world.variables, *world.unset, "PATH_LIKE"], 2):
            if isinstance(found, dict):
                found[name] = None
            elif all(not item.startswith(f"{name}=") and item != name for item in found):
                found.append(name)
    return found


def _command(world: World) -> Any:
    texts = (
        "run --it now", "sh -c 'echo $$HOME'", 'echo "a b" c', "a\\ b c", "cmd; other", "x && y", "a > b", "x 2>err", "", "echo `date` x",
        "echo $$(date) y", "tab\tsep", "it\"'s\"", "a | b", "\"\" x", "multi\nline cmd", "'a\\b'", '"a\\"b"',
    )  # fmt: skip
    if world.chance(0.5):
        return some(world, world.pick(*texts))
    return world.pick(None, [], _list_of("run", "--flag", "a b", "$$X", "")(world))


def _ports(world: World) -> list[Any]:
    short = (
        "80", "8080:80", "127.0.0.1:8081:81", "9000-9002:9000-9002", "53:53/udp", "[::1]:6000:6000", "5000-5001", "7000-7005:70", "6060:6060/TCP", "127.0.0.1::90",
        "0:1", "443/tcp", "::8443",
    )  # fmt: skip
    found: list[Any] = [
        some(world, text) if "$" not in text and world.chance(0.2) and "UNSET" else text
        for text in world.several(list(short), 3)
    ]
    if world.chance(0.3):
        found.append(world.random.randint(1000, 60000))
    if world.chance(0.4):
        port: dict[str, Any] = {"target": world.pick(80, "81", 8080)}
        if world.chance(0.6):
            port["published"] = world.pick("8080", 9090, "8000-8005", "")
        for name, options in (
            ("protocol", ("tcp", "udp")),
            ("mode", ("host", "ingress")),
            ("host_ip", ("127.0.0.1", "::1")),
            ("name", ("web",)),
            ("app_protocol", ("http",)),
        ):
            if world.chance(0.25):
                port[name] = world.pick(*options)
        found.append(port)
    return found


def _volumes(world: World) -> list[Any]:
    found: list[Any] = []
    targets = ["/data", "/srv/x/", "/a/../b", "/cfg", "/var//lib", "/z/."]
    world.random.shuffle(targets)
    for target in targets[: world.random.randint(1, 4)]:
        kind = world.random.randrange(8)
        volume = world.random.choice(world.volumes) if world.volumes else None
        if kind == 0:
            found.append(target)
        elif kind == 1:
            found.append(
                f"{world.pick('./rel', '../up', '/abs', '~/home', '.', './a/../b')}:{target}{world.pick('', ':ro', ':rw', ':z', ':ro,Z', ':rshared', ':cached')}"
            )
        elif kind == 2 and volume:
            found.append(f"{volume}:{target}{world.pick('', ':ro', ':nocopy', ':z')}")
        elif kind == 3 and volume:
            entry: dict[str, Any] = {"type": "volume", "source": volume, "target": target}
            if world.chance(0.5):
                entry["volume"] = world.pick(
                    {"nocopy": _flag(world)}, {"subpath": "sub"}, {"labels": _pairs(world)}, {}
                )
            found.append(entry)
        elif kind == 4:
            entry = {
                "type": "bind",
                "source": some(world, world.pick("./rel", "/abs", "rel", "~/h")),
                "target": target,
            }
            if world.chance(0.6):
                entry["bind"] = world.pick(
                    {"propagation": "rshared"},
                    {"create_host_path": _flag(world)},
                    {"selinux": "z"},
                    {"recursive": "disabled"},
                    {},
                )
            if world.chance(0.4):
                entry["read_only"] = _flag(world)
            found.append(entry)
        elif kind == 5:
            entry = {"type": "tmpfs", "target": target}
            if world.chance(0.6):
                entry["tmpfs"] = world.pick(
                    {"size": 1000}, {"size": "10m"}, {"mode": 511}, {"size": "1g", "mode": 448}, {}
                )
            found.append(entry)
        elif kind == 6:
            found.append({"type": "image", "source": "alpine", "target": target, "image": {"subpath": "p"}})
        else:
            found.append({"type": "volume", "target": target})
    return found


def _networks(world: World) -> Any:
    chosen = world.several(world.networks, 3)
    if world.chance(0.4):
        return chosen
    found: dict[str, Any] = {}
    for name in chosen:
        entry: dict[str, Any] = {}
        for key, options in (
            ("aliases", (["one"], ["one", "two"])), ("ipv4_address", ("10.0.0.5",)), ("priority", (5, 1.5, 0)), ("gw_priority", (1,)),
            ("driver_opts", ({"a": "b", "n": 5},)), ("mac_address", ("02:42:ac:11:00:02",)), ("link_local_ips", (["57.123.22.11"],)), ("interface_name", ("eth9",)),
        ):  # fmt: skip
            if world.chance(0.25):
                entry[key] = world.pick(*options)
        found[name] = entry or world.pick(None, {})
    return found


def _depends(world: World) -> Any:
    chosen = world.several(world.later, 2)
    if not chosen:
        return None
    if world.chance(0.5):
        return chosen
    found = {}
    for name in chosen:
        entry: dict[str, Any] = {
            "condition": world.pick("service_started", "service_healthy", "service_completed_successfully")
        }
        if world.chance(0.3):
            entry["restart"] = _strict_flag(world)
        if world.chance(0.3):
            entry["required"] = _strict_flag(world)
        found[name] = entry
    return found


def _granted(kind: str) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        found: list[Any] = []
        for name in world.several(getattr(world, kind), 2):
            if world.chance(0.5):
                found.append(name)
                continue
            entry: dict[str, Any] = {"source": name}
            for key, options in (
                ("target", ("/x", "name")),
                ("uid", ("103",)),
                ("gid", ("104",)),
                ("mode", (Raw("0440"), "0400", 292, "777")),
            ):
                if world.chance(0.4):
                    entry[key] = world.pick(*options)
            found.append(entry)
        return found or None

    return make


def _healthcheck(world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if world.chance(0.8):
        found["test"] = world.pick(
            "curl -f http://x || exit 1",
            ["CMD", "true"],
            ["CMD-SHELL", "a b"],
            ["NONE"],
            some(world, "check"),
            [],
        )
    for key in ("interval", "timeout", "start_period", "start_interval"):
        if world.chance(0.4):
            found[key] = _duration(world)
    if world.chance(0.4):
        found["retries"] = world.pick(3, "5", 0, "${UNSET_RETRIES:-4}")
    if world.chance(0.15):
        found["disable"] = _flag(world)
    return found


def _build(world: World) -> Any:
    if world.chance(0.25):
        return some(world, world.pick(".", "./dir", "../up", "https://github.com/x/y.git", "/abs/path"))
    found: dict[str, Any] = {}
    options: dict[str, Callable[[], Any]] = {
        "context": lambda: some(world, world.pick(".", "./dir", "dir", "~/x")), "dockerfile": lambda: world.pick("Dockerfile", "docker/Other"),
        "args": lambda: _environment(world), "labels": lambda: _pairs(world), "target": lambda: "prod", "cache_from": lambda: ["a", "b"], "cache_to": lambda: ["x"],
        "no_cache": lambda: _flag(world), "pull": lambda: _flag(world), "network": lambda: "host", "shm_size": lambda: world.pick("64m", 1000),
        "tags": lambda: world.several(["a:1", "b:2", "a=1"]), "platforms": lambda: ["linux/amd64", "linux/arm64"], "privileged": lambda: _flag(world),
        "extra_hosts": lambda: _hosts(world), "additional_contexts": lambda: world.pick({"x": "./x", "y": "docker-image://a"}, ["x=./x", "z=/abs"]),
        "ssh": lambda: world.pick(["default"], {"default": None}), "secrets": lambda: _granted("secrets")(world), "ulimits": lambda: _ulimits(world),
        "entitlements": lambda: ["network.host"], "provenance": lambda: world.pick(True, "mode=max"), "sbom": lambda: world.pick(False, "true"), "isolation": lambda: "default",
    }  # fmt: skip
    for name in world.several(list(options), 6):
        found[name] = options[name]()
    return {name: value for name, value in found.items() if value is not None}


def _ulimits(world: World) -> Any:
    return {
        name: world.pick(1024, 2048, {"soft": 10, "hard": 20}, {"soft": 5, "hard": 0}, 0)
        for name in world.several(["nproc", "nofile", "core"], 2)
    }


def _hosts(world: World) -> Any:
    if world.chance(0.4):
        return {
            "host.docker.internal": "host-gateway",
            "six": world.pick("::1", "[::1]", ["10.0.0.1", "10.0.0.2"]),
        }
    return world.several(
        ["a:1.2.3.4", "b=5.6.7.8", "six=::1", "six=[::2]", "a=9.9.9.9", "m=1.1.1.1,2.2.2.2"], 4
    )


def _update(world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, options in (
        ("parallelism", (1, "2", 0)), ("delay", ("10s", "0s")), ("failure_action", ("rollback", "pause")), ("monitor", ("30s",)),
        ("max_failure_ratio", (0.1, "0.3", 1)), ("order", ("start-first", "stop-first")),
    ):  # fmt: skip
        if world.chance(0.5):
            found[key] = world.pick(*options)
    return found


def _deploy(world: World) -> dict[str, Any]:
    options: dict[str, Callable[[], Any]] = {
        "mode": lambda: "replicated", "replicas": lambda: world.pick(1, 1, 1, "1", 0), "labels": lambda: _pairs(world), "endpoint_mode": lambda: "vip",
        "update_config": lambda: _update(world), "rollback_config": lambda: _update(world),
        "restart_policy": lambda: {"condition": "on-failure", "delay": "5s", "max_attempts": world.pick(3, "4"), "window": "2m"},
        "placement": lambda: {"constraints": ["node.role==manager"], "preferences": [{"spread": "node.labels.x"}], "max_replicas_per_node": world.pick(1, "2")},
        "resources": lambda: {
            "limits": {"cpus": world.pick("0.5", 1, 1.25, "2", 0.1), "memory": _size(world), **({"pids": 10} if world.chance(0.3) else {})},
            "reservations": {"cpus": "0.25", "memory": "32m", "devices": [{"capabilities": ["gpu"], "count": world.pick(1, "all", "2")}], "generic_resources": [{"discrete_resource_spec": {"kind": "GPU", "value": world.pick(2, "3")}}]}
            if world.chance(0.3)
            else {"memory": "32m"},
        },
    }  # fmt: skip
    return {name: options[name]() for name in world.several(list(options), 4)}


def _logging(world: World) -> dict[str, Any]:
    return {
        name: value
        for name, value in {
            "driver": world.pick("json-file", "local", "syslog"),
            "options": world.pick(
                {"max-size": "10m", "max-file": 3}, {"tag": None}, {"a": "${UNSET_TAG:-t}"}
            ),
        }.items()
        if world.chance(0.8)
    }


def _env_file(world: World) -> Any:
    files = world.several(world.env_files, 2)
    if not files:
        return None
    if len(files) == 1 and world.chance(0.4):
        return files[0]
    found: list[Any] = []
    for file in files:
        if world.chance(0.5):
            found.append(file)
        else:
            entry: dict[str, Any] = {"path": file}
            if world.chance(0.5):
                entry["required"] = _strict_flag(world)
            found.append(entry)
    if world.chance(0.3):
        found.append({"path": "absent.env", "required": False})
    if world.chance(0.2):
        found.append({"path": "raw.vars", "format": "raw"})
    return found


def _hooks(world: World) -> list[Any]:
    hook: dict[str, Any] = {"command": world.pick("run it", ["a", "b"])}
    for key, options in (
        ("user", ("root",)),
        ("privileged", (True, "false")),
        ("working_dir", ("/x",)),
        ("environment", (["A=1"], {"B": 2})),
    ):
        if world.chance(0.4):
            hook[key] = world.pick(*options)
    return [hook]


def _develop(world: World) -> dict[str, Any]:
    return {
        "watch": [
            {
                "path": world.pick("./src", "src", "/abs"),
                "action": "sync",
                "target": "/t",
                "ignore": world.pick("x/", ["a", "b"]),
            },
            {"path": ".", "action": world.pick("rebuild", "restart"), "include": "*.py"},
            {
                "path": "y",
                "action": "sync+exec",
                "target": "/y",
                "exec": _hooks(world)[0],
                "initial_sync": True,
            },
        ][: world.random.randint(1, 3)]
    }


def _blkio(world: World) -> dict[str, Any]:
    return {
        "weight": 300,
        "weight_device": [{"path": "/dev/sda", "weight": 400}],
        "device_read_bps": [{"path": "/dev/sdb", "rate": world.pick("12mb", 1000)}],
        "device_write_iops": [{"path": "/dev/sdb", "rate": 30}],
    }


def _gpus(world: World) -> Any:
    return world.pick(
        "all",
        [{"driver": "nvidia", "count": 2}],
        [{"capabilities": ["gpu"], "device_ids": ["0"]}],
        [{"options": {"a": 1}}],
    )


def _network_mode(world: World) -> Any:
    return world.pick("host", "none", "bridge", f"service:{world.later[0]}" if world.later else "host")


Make = Callable[[World], Any]
FIELDS: dict[str, Make] = {
    "image": _texts("nginx", "repo/app:1.2", "r.example:5000/x@sha256:abc"), "build": _build, "command": _command, "entrypoint": _command,
    "environment": _environment, "labels": _pairs, "annotations": _pairs, "sysctls": _pairs, "ports": _ports, "volumes": _volumes, "networks": _networks,
    "depends_on": _depends, "secrets": _granted("secrets"), "configs": _granted("configs"), "healthcheck": _healthcheck, "deploy": _deploy,
    "logging": _logging, "env_file": _env_file, "label_file": lambda w: w.pick(*w.label_files, w.label_files) if w.label_files else None,
    "extra_hosts": _hosts, "ulimits": lambda w: w.pick(_ulimits(w), {"nofile": "2048", "core": {"soft": "5", "hard": "6"}}), "tmpfs": _one_or_list("/tmp", "/run:size=64m", "/cache"), "dns": _one_or_list("8.8.8.8", "1.1.1.1", ""),
    "dns_search": _one_or_list("example.com", "b.example"), "dns_opt": _list_of("use-vc", "no-tld-query"), "expose": lambda w: w.several(["3000", 8000, "9000-9005", "3000/udp"]),
    "cap_add": _list_of("ALL", "NET_ADMIN"), "cap_drop": _list_of("SYS_ADMIN", "MKNOD"), "restart": _texts("always", "no", "unless-stopped", "on-failure:3"),
    "stop_grace_period": _duration, "stop_signal": _texts("SIGUSR1", "SIGTERM"), "container_name": lambda w: f"{w.own}-container", "hostname": _texts("h1"),
    "domainname": _texts("example.com"), "user": lambda w: w.pick("1000:1000", "root", some(w, "app")), "working_dir": _texts("/app", "/srv"), "privileged": _flag,
    "read_only": _flag, "tty": _flag, "stdin_open": _flag, "init": _flag, "oom_kill_disable": _flag, "attach": lambda w: w.pick(True, False), "mem_limit": _size,
    "mem_reservation": lambda w: w.pick("32m", 1000000), "memswap_limit": _size, "mem_swappiness": lambda w: w.pick(10, "20"), "shm_size": _size,
    "cpus": _decimal(0.5, 1, 1.5, 0.1, 2.25), "cpu_shares": _whole(512, 0), "cpu_quota": _whole(50000), "cpu_period": _whole(20000), "cpu_count": lambda w: w.pick(2, 0),
    "cpu_percent": lambda w: w.pick(50, 100), "cpu_rt_runtime": _whole(400), "cpu_rt_period": _whole(1400), "cpuset": _texts("0,1", "0-3"), "pids_limit": _whole(10, -1),
    "oom_score_adj": lambda w: w.pick(-500, 0, 1000), "scale": lambda w: w.pick(1, "1"), "security_opt": _list_of("no-new-privileges:true", "label:user:USER"),
    "group_add": lambda w: w.several(["mail", 1000, "docker"]), "devices": lambda w: w.several(["/dev/a:/dev/b", "/dev/c", "/dev/d:/dev/e:r", {"source": "/dev/f", "target": "/dev/g"}]),
    "device_cgroup_rules": _list_of("c 1:3 mr", "a 7:* rmw"), "external_links": _list_of("redis", "db:mysql"), "ipc": _texts("host", "private", "shareable"),
    "pid": _texts("host"), "uts": _texts("host"), "userns_mode": _texts("host"), "cgroup": lambda w: w.pick("host", "private"), "cgroup_parent": _texts("m-executor"),
    "platform": lambda w: w.pick("linux/amd64", "linux/arm64"), "pull_policy": lambda w: w.pick("always", "never", "if_not_present", "missing", "build", "daily", "every_12h"),
    "runtime": _texts("runc"), "isolation": _texts("default"), "mac_address": _texts("02:42:ac:11:00:03"), "storage_opt": lambda w: {"size": w.pick("1G", 5)},
    "post_start": _hooks, "pre_stop": _hooks, "develop": _develop, "blkio_config": _blkio, "gpus": _gpus, "use_api_socket": _strict_flag,
    "credential_spec": lambda w: w.pick({"file": "x.json"}, {"registry": "r"}), "network_mode": _network_mode, "links": lambda w: [w.pick(n, f"{n}:alias") for n in w.several(w.later, 2)] or None,
    "volumes_from": lambda w: [w.pick(n, f"{n}:ro") for n in w.several(w.later, 1)] or None, "profiles": lambda w: w.several(w.profiles, 2),
    "models": lambda w: w.pick(["m1"], {"m1": {"endpoint_var": "E", "model_var": "M"}}, {"m1": None}, {"m2": {}}, ["m1", "m2"]),
    "provider": lambda w: {"type": "ext", "options": w.pick({"a": 1, "b": [True, "x", 1.5]}, {"c": "${TAG}"}, {})},
    "pull_refresh_after": lambda w: "1d",
    "x-extra": lambda w: w.pick({"a": [1, 2]}, "text", 5),
}  # fmt: skip
