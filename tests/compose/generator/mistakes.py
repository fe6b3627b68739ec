"""One mistake, put into a project that is otherwise right; most make Compose refuse it."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.compose.generator.values import World
from tests.compose.generator.yaml_text import Raw, Tagged

__all__ = ["make_mistake"]


def make_mistake(random: Random, document: dict[str, Any], world: World) -> str | None:
    """Changes a file in place; returns what was done, None where there was nothing to change."""
    services = document.get("services")
    if not isinstance(services, dict) or not services:
        return None
    name = random.choice(list(services))
    service = services[name]
    if not isinstance(service, dict):
        return None
    kind = random.randrange(_WHOLE + len(_WRONG))
    if kind >= _WHOLE:
        field, value = _WRONG[kind - _WHOLE]
        service[field] = value
        return f"{field}: {value}"
    match kind:
        case 0:
            service["unknown_key"] = 1
        case 1:
            field = random.choice(list(service) or ["image"])
            service[field] = random.choice(
                [5, True, "text", ["a"], {"a": "b"}, None, 1.5, [1], [{"a": 1}], ""]
            )
            return f"{name}.{field} = {service[field]}"
        case 2:
            service["depends_on"] = ["nobody"]
        case 3:
            service["image"] = "a:${UNSET_A:?is required}"
        case 4:
            service["image"] = random.choice(
                ["a:${", "a:${1}", "${}", "a$", "${TAG", "${TAG:-${UNSET_B:?x}}"]
            )
        case 5:
            service["networks"] = ["nowhere"]
        case 6:
            service["volumes"] = ["undeclared:/x"]
        case 7:
            document["bogus"] = {}
        case 8:
            services["bad name!"] = {"image": "x"}
        case 9:
            services[name] = random.choice([None, [], "text", 5])
        case 10:
            service["extends"] = random.choice(
                [
                    "nobody",
                    {"service": "nobody"},
                    {"file": "absent.yml", "service": "x"},
                    {"file": "compose.yml"},
                    name,
                    [],
                ]
            )
        case 11:
            document["include"] = random.choice(["x", ["absent.yml"], [5], {}, None, []])
        case 12:
            names = list(services)
            for one, other in zip(names, [*names[1:], names[0]], strict=True):
                if isinstance(services[one], dict):
                    services[one]["depends_on"] = [other]
        case 13:
            document["services"] = random.choice([None, [], "x", {}])
        case 14:
            service["environment"] = random.choice(
                [
                    {Raw("x"): 1} if False else ["A=1", "A=1"],
                    ["A B =1"],
                    "text",
                    [1],
                    {"A": {"b": 1}},
                    ["=x"],
                    {"x-ext": 1},
                ]
            )
        case 15:
            document["volumes"] = {
                **(document.get("volumes") or {}),
                "ext": {"external": True, "driver": "x"},
            }
        case 16:
            document["secrets"] = random.choice(
                [{"sec1": {"file": "a", "environment": "b"}}, {"sec1": {}}, {"sec1": None}]
            )
        case 17:
            document["configs"] = random.choice(
                [
                    {"conf1": {"file": "a", "content": "b"}},
                    {"conf1": {}},
                    {"conf1": {"content": "x", "environment": "TAG"}},
                ]
            )
        case 18:
            service["labels"] = Tagged("!reset", None)
        case 19:
            service["environment"] = {"DATE": Raw("2024-01-01")}
        case 20:
            service["networks"] = {"front": None, "x-ext": None}
        case 21:
            document["name"] = random.choice(["", 5, "${UNSET_A}", "---", None, "Ünï", "_x"])
        case 22:
            document["networks"] = {**(document.get("networks") or {}), "we ird": {"driver": "x"}}
        case 23:
            services[name] = Tagged(random.choice(["!reset", "!override"]), service)
        case _:
            service["profiles"] = random.choice(["dev", [1], ["a b"], ["dev", "dev"], []])
    return f"{kind} in {name}"


_WHOLE = 25
_WRONG: list[tuple[str, Any]] = [
    ("ports", ["abc"]), ("ports", ["80:90:100:110"]), ("ports", ["1-3:1-2"]), ("ports", ["99999"]), ("ports", [{"published": 80}]), ("ports", ["1.2.3:80:80"]), ("ports", ["80/foo"]),
    ("ports", [80, 80]), ("ports", [{"target": "x"}]), ("ports", [{"target": 80, "host_ip": "nope"}]), ("ports", [-1]), ("ports", [80.5]), ("ports", "80"), ("ports", ["1-3:8080"]), ("ports", ["3-1"]), ("ports", ["10-8:10-8"]),
    ("ports", [{"target": 80, "published": 80}, {"target": 80, "published": "80"}]), ("ports", [{"target": 70000}]), ("ports", [{"target": -80}]),
    ("volumes", ["a:b:c:d"]), ("volumes", [""]), ("volumes", ["::"]), ("volumes", [":/x"]), ("volumes", [{"type": "bind", "target": "/x"}]), ("volumes", [{"type": "foo", "target": "/x"}]), ("volumes", [{"source": "x", "target": "/x"}]),
    ("volumes", [{"type": "volume", "source": "vol1"}]), ("volumes", ["/x", "/x"]), ("volumes", ["./a:/x", "./b:/x"]), ("volumes", [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": -1}}]), ("volumes", ["C:\\a:/x"]), ("volumes", ["./a:/x:wat"]), ("volumes", ["ab"]), ("volumes", ["C:/a:/x:ro"]),
    ("tmpfs", ["/a", "/a:size=1"]), ("mem_limit", "12x"), ("mem_limit", -5), ("mem_limit", 1.5), ("mem_limit", "abc"), ("mem_limit", "1 g b"), ("mem_limit", ""), ("mem_limit", "1.5.5m"), ("mem_limit", "-1m"), ("mem_limit", "1kib"),
    ("stop_grace_period", "10"), ("stop_grace_period", "5 s"), ("stop_grace_period", 10), ("stop_grace_period", "x"), ("stop_grace_period", ""), ("stop_grace_period", "1.5.5s"), ("stop_grace_period", ".5s"), ("stop_grace_period", "5S"), ("stop_grace_period", "1h-5m"),
    ("privileged", "maybe"), ("privileged", 1), ("privileged", "t"), ("privileged", "TRUE"), ("init", "x"), ("attach", "nope"), ("attach", "yes"), ("tty", ""), ("cpus", "abc"), ("cpus", "1_0"), ("cpus", "0x1p4"), ("cpu_percent", 101), ("cpu_percent", -1), ("cpu_percent", "50"), ("cpu_percent", "50.5"), ("cpu_percent", 50.5),
    ("cpu_count", -1), ("cpu_count", 1.0), ("cpu_count", "x"), ("cpu_shares", 0.5), ("cpu_shares", 2.7), ("pids_limit", "1e3"), ("pids_limit", "+5"), ("pids_limit", 1.9), ("oom_score_adj", 5000), ("oom_score_adj", "5000"), ("scale", -1), ("scale", "x"), ("scale", 2.0), ("scale", 1.5),
    ("command", "unclosed 'quote"), ("command", "a (b)"), ("command", "x \\"), ("command", {"a": 1}), ("command", [1]), ("command", 5), ("command", "a `b"), ("command", "$$(x"), ("command", "a )"), ("command", [None]), ("command", "a 3> b"), ("command", "a3>b"),
    ("healthcheck", {"test": ["curl"]}), ("healthcheck", {"interval": "x"}), ("healthcheck", {"retries": -1}), ("healthcheck", {"retries": 1.5}), ("healthcheck", {"retries": "x"}), ("healthcheck", {"foo": 1}), ("healthcheck", None), ("healthcheck", {}), ("healthcheck", {"test": None}),
    ("deploy", {"replicas": "x"}), ("deploy", {"replicas": -1}), ("deploy", {"replicas": 2.0}), ("deploy", {"resources": None}), ("deploy", None), ("deploy", {}), ("deploy", {"resources": {"limits": {"cpus": "x"}}}), ("deploy", {"resources": {"limits": {"memory": 5}}}), ("deploy", {"update_config": {"order": "x"}}), ("deploy", {"update_config": {"delay": "1"}}),
    ("deploy", {"resources": {"reservations": {"devices": [{"count": 1}]}}}), ("deploy", {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"], "count": 1, "device_ids": ["0"]}]}}}), ("deploy", {"resources": {"limits": {}}}), ("deploy", {"placement": {}}), ("deploy", {"mode": None}),
    ("ulimits", {"nofile": "x"}), ("ulimits", {"nofile": {"soft": 1}}), ("ulimits", {"NoFile": 5}), ("ulimits", {"NOFILE": "x"}), ("ulimits", {"nofile": 1.5}), ("ulimits", None), ("ulimits", {"nofile": 1.0}),
    ("extra_hosts", ["nohost"]), ("extra_hosts", ["=1.2.3.4"]), ("extra_hosts", {"a": 5}), ("extra_hosts", {"a": None}), ("extra_hosts", {"a:b": "1.1.1.1"}), ("extra_hosts", ["a:1.1.1.1", "a:1.1.1.1"]), ("extra_hosts", ["a="]), ("extra_hosts", ["a:b=c"]),
    ("env_file", ["absent.env"]), ("env_file", "absent.env"), ("env_file", {"path": "a.env"}), ("env_file", [{"required": False}]), ("env_file", [{"path": "a.env", "format": "toml"}]), ("env_file", []), ("env_file", [""]), ("env_file", "."), ("env_file", [{"path": "absent.env", "required": "false"}]), ("env_file", [{"path": "absent.env", "required": "true"}]), ("env_file", [5]),
    ("label_file", "absent.txt"), ("label_file", []), ("label_file", [5]), ("network_mode", "service:nobody"), ("pid", "service:nobody"), ("links", ["nobody"]), ("links", ["a:b:c"]), ("volumes_from", ["nobody"]), ("volumes_from", ["container:x"]), ("secrets", ["undeclared"]), ("configs", ["undeclared"]), ("secrets", [{"target": "x"}]), ("secrets", [{"source": "sec1", "mode": "9"}]), ("secrets", [{"source": "sec1", "mode": 1.5}]), ("secrets", "sec1"),
    ("devices", ["a:b:c:d"]), ("devices", [{"target": "/x"}]), ("devices", [{"source": "/x"}]), ("devices", [""]), ("devices", [5]), ("expose", [1.5]), ("expose", [True]), ("expose", ["3000", 3000]), ("expose", ["a"]), ("container_name", "x"), ("container_name", "!!"), ("container_name", "a b"), ("pull_policy", "sometimes"), ("pull_policy", "xalwaysx"), ("pull_policy", "every_5x"),
    ("cgroup", "x"), ("dns", 5), ("dns", [None]), ("dns", []), ("dns", ""), ("cap_add", ["A", "A"]), ("cap_add", [1]), ("cap_add", None), ("group_add", [1.5]), ("group_add", [True]), ("group_add", [1, 1]), ("group_add", [1, "1"]), ("security_opt", "x"), ("storage_opt", {"a": 1.5}), ("storage_opt", {"a": True}), ("storage_opt", {"a": None}), ("storage_opt", "x"),
    ("logging", {"options": {"a": True}}), ("logging", {"options": ["a"]}), ("logging", None), ("logging", {}), ("blkio_config", {"weight": "300"}), ("blkio_config", {"weight": 70000}), ("blkio_config", {"device_read_bps": [{"path": "x", "rate": "y"}]}), ("blkio_config", {"device_read_bps": [{}]}), ("blkio_config", {}),
    ("build", {}), ("build", None), ("build", ""), ("build", 5), ("build", {"context": None}), ("build", {"foo": 1}), ("build", {"args": [1]}), ("build", {"args": {"A": [1]}}), ("build", {"ssh": ["foo"]}), ("build", {"ssh": {}}), ("build", {"additional_contexts": ["x"]}), ("build", {"additional_contexts": {"x": "service:nobody"}}), ("build", {"additional_contexts": {"x": 5}}), ("build", {"secrets": ["nope"]}), ("build", {"dockerfile_inline": "FROM x", "dockerfile": "y"}), ("build", {"dockerfile_inline": "FROM $$x\nRUN y"}), ("build", {"shm_size": "x"}), ("build", {"tags": ["a", 5]}), ("build", {"provenance": 5}), ("build", {"context": "git@github.com:x/y"}), ("build", {"platforms": ["a"]}), ("build", {"no_cache": "maybe"}), ("build", {"context": "~"}),
    ("develop", None), ("develop", {"watch": [{"path": "x"}]}), ("develop", {"watch": [{"path": "x", "action": "sync"}]}), ("develop", {"watch": [{"path": "", "action": "rebuild"}]}), ("develop", {"watch": [{"path": "x", "action": "jump"}]}), ("develop", {"watch": None}), ("develop", {"watch": []}),
    ("gpus", "some"), ("gpus", [{"count": "x"}]), ("gpus", [{"count": 1, "device_ids": ["a"]}]), ("gpus", [{"foo": 1}]), ("gpus", [5]), ("gpus", []), ("post_start", [{}]), ("post_start", [{"command": None}]), ("post_start", [{"command": "a 'b"}]), ("provider", {"type": "x"}), ("provider", {"options": {}}), ("provider", {"type": "x", "options": {"a": [1, True, "x"], "b": 1.5}}), ("models", ["nope"]), ("models", {"nope": None}),
    ("mac_address", 5), ("hostname", Raw("2024-01-01")), ("hostname", Raw("0777")), ("hostname", Raw("yes")), ("hostname", Raw("~")), ("image", None), ("image", ""), ("image", 5), ("image", Raw("!!str 5")), ("image", Raw("!!int 5")), ("image", Raw("!foo bar")), ("image", Raw("!reset null")), ("image", Raw("|\n      text")), ("image", Raw(">-\n      folded\n      text")),
    ("sysctls", {"a": 1.0}), ("sysctls", ["a"]), ("annotations", ["a"]), ("labels", ["a", "b=1"]), ("labels", {"a": [1]}), ("labels", {"x-foo": "b", "c": 1}), ("labels", None), ("labels", []), ("labels", {}), ("environment", {"A": Raw("1.0")}), ("environment", {"A": Raw("1e21"), "B": Raw("0.1"), "C": Raw("100000.0"), "D": Raw("1e-7"), "E": Raw("12345678.9"), "F": Raw("0o17"), "G": Raw("0b11"), "H": Raw("-0x1f"), "I": Raw("+5"), "J": Raw(".5"), "K": Raw("5."), "L": Raw(".inf"), "M": Raw("18446744073709551615"), "N": Raw("18446744073709551616"), "O": Raw("1_0.5")}), ("environment", []), ("environment", None),
    ("depends_on", {"nobody": None}), ("depends_on", {"web": {}}), ("depends_on", {"web": {"condition": "x"}}), ("depends_on", {"nobody": {"condition": "service_started", "required": False}}), ("depends_on", [1]), ("depends_on", None), ("depends_on", []), ("depends_on", {}), ("networks", []), ("networks", {}), ("networks", None), ("networks", ["front", "front"]), ("networks", {"front": {"priority": "5"}}), ("networks", {"front": {"foo": 1}}), ("networks", {"front": {"aliases": "x"}}), ("networks", {"front": {"driver_opts": {"a": None}}}),
    ("restart", True), ("restart", False), ("user", 1000), ("user", "${NUM_V}"), ("working_dir", ["x"]), ("platform", "x"), ("stop_signal", 9), ("memswap_limit", -1), ("memswap_limit", "-1"), ("mem_swappiness", 5.0), ("shm_size", "1.2.3"), ("cpuset", 0), ("isolation", 0), ("use_api_socket", "true"), ("credential_spec", {"a": 1}), ("tty", None), ("init", None), ("profiles", None), ("pid", None), ("ipc", "service:nobody"), ("runtime", None), ("dns_opt", "x"), ("dns_search", ""), ("dns_search", [""]), ("tmpfs", []), ("tmpfs", ""), ("entrypoint", ""), ("entrypoint", []), ("entrypoint", None), ("external_links", [1]), ("device_cgroup_rules", "x"),
]  # fmt: skip
