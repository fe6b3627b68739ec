"""Small projects with one odd value: what the parts of the reader have to take apart, letter by letter."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.compose.generator.yaml_text import Alias, Anchor, Raw, Tagged

__all__ = ["odd_project"]


def _letters(random: Random, alphabet: str, most: int) -> str:
    return "".join(random.choice(alphabet) for _ in range(random.randint(1, most)))


def _parts(random: Random, parts: list[str], most: int) -> str:
    return "".join(random.choice(parts) for _ in range(random.randint(1, most)))


def _template(random: Random, depth: int = 0) -> str:
    if depth > 2 or random.random() < 0.3:
        return random.choice(
            [
                "a",
                "$",
                "$$",
                "b c",
                "}",
                "{",
                "-",
                ":",
                "?",
                "$TAG",
                "${UNSET_A}",
                "é",
                "_",
                "1",
                "\n",
                "$_x",
                "${EMPTY_V}",
                "",
            ]
        )
    name = random.choice(["TAG", "UNSET_A", "EMPTY_V", "tag", "_", "DOLLAR_V"])
    operator = random.choice([":-", "-", ":+", "+", ":?", "?", ""])
    inside = _template(random, depth + 1) if operator else ""
    return "".join(
        random.choice(
            [f"${{{name}{operator}{inside}}}", f"${{{name}{operator}{inside}}}", _template(random, depth + 1)]
        )
        for _ in range(random.randint(1, 2))
    )


def _env_text(random: Random) -> str:
    parts = ["A", "B", "=", "=", " ", "\n", "\n", '"', "'", "#", " #", "\\", "$TAG", "${TAG}", "${A:-x}", ":", "export ", "\\n", "\\$", "$$", ".", "-", "x y", "\t", "1", "\r\n", "é", "\\\\", "\\t", "[", "]"]  # fmt: skip
    return "OK=1\n" + _parts(random, parts, 14)


def _port(random: Random) -> str:
    return _parts(
        random,
        [
            "80",
            "8",
            ":",
            ":",
            "-",
            "/tcp",
            "/udp",
            "127.0.0.1",
            "[::1]",
            "::1",
            "0",
            "65535",
            "65536",
            "",
            "/",
            "x",
        ],
        6,
    )


def _mount(random: Random) -> str:
    return _parts(
        random,
        [
            "vol1",
            ":",
            ":",
            ":",
            "/x",
            "./a",
            "..",
            "~",
            "ro",
            "rw",
            ",",
            "z",
            "nocopy",
            "C",
            "C:",
            "\\",
            "/",
            "rshared",
            "a",
            " ",
        ],
        7,
    )


Make = Callable[[Random], dict[str, Any]]
_NAMES = ["A", "B", "x-c", "d.e"]


def _scalar(random: Random) -> Raw:
    plain = _parts(
        random,
        [
            "0",
            "1",
            "7",
            "9",
            ".",
            "-",
            "+",
            "e",
            "_",
            "x",
            "o",
            "b",
            "0x",
            "0o",
            "0b",
            "E5",
            "12",
            "true",
            "null",
            "~",
            "yes",
            ".inf",
            ".nan",
            ":",
            "2024-01-0",
            "T10:00:00Z",
            " ",
        ],
        4,
    ).strip()
    return Raw(
        plain
        if plain
        and not plain.startswith(("- ", "? ", ": "))
        and plain not in ("-", "?", ":")
        and not plain.endswith(":")
        and ": " not in plain
        else "1"
    )


_FIELDS: dict[str, Make] = {
    "template": lambda r: {"environment": {"A": _template(r)}, "x-a": _template(r) if r.random() < 0.2 else "a"},
    "words": lambda r: {r.choice(["command", "entrypoint"]): _parts(r, ["a", "b", " ", " ", '"', "'", "\\", "`", "$$(", "(", ")", ";", "|", ">", "2>", "&", "\t", "\n", "$$", "#", "*", "é"], 9)},
    "size": lambda r: {r.choice(["mem_limit", "shm_size", "memswap_limit"]): _parts(r, ["1", "5", ".", " ", "k", "m", "G", "b", "ib", "B", "-", "e2", "t", "p", "x", "0"], 5)},
    "duration": lambda r: {"stop_grace_period": _parts(r, ["1", "30", ".", "5", "s", "m", "h", "ms", "us", "µs", "ns", "d", "w", "-", "+", " ", "0", "999999999"], 6)},
    "port": lambda r: {"ports": [_port(r) for _ in range(r.randint(1, 2))]},
    "mount": lambda r: {"volumes": [_mount(r) for _ in range(r.randint(1, 2))]},
    "scalar": lambda r: {r.choice(["environment", "labels", "annotations", "sysctls"]): {name: _scalar(r) for name in r.sample(_NAMES, r.randint(1, 3))}},
    "scalar-field": lambda r: {r.choice(["hostname", "mem_limit", "cpus", "pids_limit", "privileged", "scale", "cpu_count", "cpu_percent", "stop_grace_period", "user", "restart", "oom_score_adj", "mem_swappiness", "init", "attach", "tty", "cpu_shares"]): _scalar(r)},
    "key": lambda r: {"labels": {r.choice(["a", "yes", "null", "5", "1.5", "true", "~", "2024-01-01", "<<", "x-y", "é", "", "a b", "="]): "v", "z": _scalar(r)}},
    "hosts": lambda r: {"extra_hosts": [_parts(r, ["a", "b", "=", ":", "1.2.3.4", "::1", "[", "]", ",", "[::1]"], 6) for _ in range(r.randint(1, 3))]},
    "pairs": lambda r: {r.choice(["environment", "labels"]): [_parts(r, ["A", "B", "=", "=", " ", "x", "$$", "TAG", ""], 4) or "A" for _ in range(r.randint(1, 4))]},
    "device": lambda r: {"devices": [_parts(r, ["/dev/a", ":", ":", "rwm", "r", ""], 5)]},
    "tmpfs": lambda r: {"tmpfs": [_parts(r, ["/a", "/b", ":", "size=1m", ",", "/"], 3) for _ in range(r.randint(1, 3))]},
    "expose": lambda r: {"expose": [r.choice(["1", "1-2", 1, "x", 1.5, "", 70000, "1/tcp"]) for _ in range(r.randint(1, 3))]},
    "path": lambda r: {"build": {"context": _parts(r, [".", "/", "a", "..", "~", "://", "git@", "github.com/", "http", "C:", " "], 5)}},
    "service-ref": lambda r: {r.choice(["network_mode", "ipc", "pid", "uts", "cgroup"]): r.choice(["service:web", "service:other", "service:", "container:x", "host", "private", "", "none"])},
    "link": lambda r: {r.choice(["links", "volumes_from", "external_links"]): [_parts(r, ["other", ":", "ro", "container:", "x"], 4)]},
    "mode": lambda r: {"secrets": [{"source": "sec1", "mode": _scalar(r)}]},
    "ulimit": lambda r: {"ulimits": {"nofile": _scalar(r)}},
    "decimal": lambda r: {"cpus": _parts(r, ["1", "0", ".", "e", "_", "-", "+", "5", "x", "0x", "p1", "inf", "nan"], 4)},
    "integer": lambda r: {r.choice(["pids_limit", "cpu_shares", "scale", "oom_score_adj"]): _parts(r, ["1", "0", ".", "_", "-", "+", "5", "x", " ", "e"], 4)},
    "switch": lambda r: {r.choice(["privileged", "init", "attach", "tty", "read_only"]): r.choice(["true", "True", "TRUE", "t", "1", "0", "yes", "Yes", "on", "off", "n", "N", "y", "", "no", "False", "f", " true", "oN"])},
    "pull": lambda r: {"pull_policy": _parts(r, ["every_", "1", "2", "d", "h", "w", "always", "x", "daily"], 4)},
}  # fmt: skip


_PAIRS: list[dict[str, Any]] = [{"k": "1"}, {"k": "2", "l": None}, {"m": "${TAG:-t}"}, {}]


def _with_anchors(random: Random) -> dict[str, Any]:
    """Anchors, aliases and merge keys where one finds them, and where Compose does not expect them."""
    known: list[str] = []

    def anchored(value: Any) -> Any:
        name = f"n{len(known)}"
        known.append(name)
        return Anchor(name, value)

    def merged(value: dict[str, Any]) -> dict[str, Any]:
        if not known or random.random() < 0.4:
            return value
        one = random.choice(known)
        source = random.choice([Alias(one), Raw(f"[*{one}, *{random.choice(known)}]"), Alias(one)])
        items = list(value.items())
        items.insert(random.randint(0, len(items)), (random.choice(["<<", "<<", "<<", "'<<'"]), source))
        return dict(items)

    def inner(depth: int = 0) -> Any:
        value: dict[str, Any] = dict(random.choice(_PAIRS))
        if depth < 2 and random.random() < 0.05:
            value["x-in"] = maybe(inner(depth + 1))
        return merged(value)

    def maybe(value: Any) -> Any:
        if random.random() < 0.15:
            return Alias(random.choice(known))
        if random.random() < 0.12:
            return Tagged(random.choice(["!reset", "!override"]), value)
        return value

    pairs = {name: anchored(dict(random.choice(_PAIRS))) for name in ("p", "q", "r")}
    whole = Anchor("whole", {"image": "two", "labels": inner(), "ports": ["1"]})
    document: dict[str, Any] = {"x-pairs": pairs, "x-whole": whole}
    services: dict[str, Any] = {}
    for name in ("web", "other", "third")[: random.randint(1, 3)]:
        service: dict[str, Any] = {"image": name}
        for field in random.sample(["labels", "environment", "annotations", "sysctls"], random.randint(1, 3)):
            service[field] = maybe(inner())
        if random.random() < 0.3:
            service["ports"] = random.choice([["80", {"target": 81}], Tagged("!override", ["82"])])
        if random.random() < 0.3:
            service["deploy"] = {"labels": maybe(inner()), "resources": {"limits": {"memory": "1m"}}}
        if random.random() < 0.4:
            service = {"<<": Alias("whole"), **service}
        elif random.random() < 0.1:
            service = merged(service)
        services[name] = service
        if random.random() < 0.4:
            services[name] = Anchor(name, service)
            services[f"{name}2"] = {"<<": Alias(name), "image": f"{name}2"}
    document["services"] = services
    return document


def odd_project(random: Random) -> tuple[dict[str, Any], dict[str, str], str]:
    """A file, others beside it, and what is odd about it."""
    document: dict[str, Any] = {
        "services": {"web": {"image": "x"}, "other": {"image": "y"}},
        "volumes": {"vol1": None, "a": None},
        "secrets": {"sec1": {"file": "./s"}},
    }
    files: dict[str, str] = {}
    kind = random.choice(
        [*_FIELDS, "env", "env", "env", "raw", "labels", "name", "anchors", "anchors", "anchors"]
    )
    if kind == "anchors":
        return _with_anchors(random), files, kind
    service = document["services"]["web"]
    if kind in _FIELDS:
        service.update(_FIELDS[kind](random))
    elif kind == "env":
        files["odd.env"] = _env_text(random)
        service["env_file"] = "odd.env"
    elif kind == "raw":
        files["odd.env"] = _env_text(random)
        service["env_file"] = [{"path": "odd.env", "format": "raw"}]
    elif kind == "labels":
        files["odd.env"] = _env_text(random)
        service["label_file"] = "odd.env"
    else:
        document["name"] = _parts(random, ["a", "B", "-", "_", "1", " ", "é", "${TAG}", "${UNSET_A}", "."], 4)
    return document, files, kind
