"""Ways in which a developer's machine can be odd: each changes a place that is fine."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.broken_place import Place

__all__ = ["ODDITIES", "Oddity", "combinations"]

GARBAGE = bytes(range(256)) * 8


Oddity = Callable[[Place], object]


def _environment(**values: str | None) -> Oddity:
    def change(place: Place) -> None:
        for name, value in values.items():
            if value is None:
                place.environ.pop(name, None)
            else:
                place.environ[name] = value.replace("HOME", str(place.home)).replace("ROOT", str(place.root))

    return change


def _file(name: str, content: bytes | str, mode: int = 0o644) -> Oddity:
    return lambda place: place.put(place.root / name, content, mode)


def _both(one: Oddity, other: Oddity) -> Oddity:
    def change(place: Place) -> None:
        one(place)
        other(place)

    return change


def _no(name: str) -> Oddity:
    return lambda place: place.drop(place.root / name)


def _folder(name: str) -> Oddity:
    return lambda place: place.folder(place.root / name)


def _link_to_nowhere(name: str) -> Oddity:
    return lambda place: place.link(place.root / name, "nowhere/at/all")


def _kubeconfig(content: bytes | str, mode: int = 0o600) -> Oddity:
    def change(place: Place) -> None:
        place.put(place.home / "kube" / "config", content, mode)
        place.environ["KUBECONFIG"] = str(place.home / "kube" / "config")

    return change


def _home_file(name: str, content: bytes | str) -> Oddity:
    return lambda place: place.put(place.home / name, content)


def _kubeconfig_folder(place: Place) -> None:
    place.folder(place.home / "kube")
    place.environ["KUBECONFIG"] = str(place.home / "kube")


def _bytes_in_environment(place: Place) -> None:
    place.environ["WEIRD"] = os.fsdecode(b"\xff\xfe\x80")
    place.environ["HOME"] = str(place.home) + os.fsdecode(b"\xff")


_CLUSTER = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: here}}]
clusters: [{name: here, cluster: {server: "SERVER"}}]
users: [{name: here, user: {token: nothing}}]
"""

ODDITIES: dict[str, Oddity] = {
    # the shell
    "nothing is odd": lambda _: None,
    "no HOME": _environment(HOME=None),
    "HOME empty": _environment(HOME=""),
    "HOME nowhere": _environment(HOME="/nonexistent/at/all"),
    "HOME a file": lambda place: place.environ.update(HOME=str(place.put(place.home / "file", "x"))),
    "HOME relative": _environment(HOME="."),
    "HOME very long": _environment(HOME="/" + "h" * 5000),
    "HOME with odd bytes": _bytes_in_environment,
    "PATH empty": _environment(PATH=""),
    "no PATH": _environment(PATH=None),
    "PATH nowhere": _environment(PATH="/nowhere:/not/here:"),
    "PATH of files": _environment(PATH="/etc/passwd:/dev/null"),
    "PATH very long": _environment(PATH=":".join(f"/nowhere/{number}" for number in range(3000))),
    "the machine's PATH": lambda place: place.environ.update(PATH=os.environ["PATH"]),
    "TMPDIR nowhere": _environment(TMPDIR="/nowhere/tmp"),
    "LANG C": _environment(LANG="C", LC_ALL="C"),
    "LANG odd": _environment(LANG="xx_YY.KOI8-R@odd", LC_ALL=""),
    "LANG garbage": _environment(LANG="\x01..@@", LC_CTYPE="="),
    "TERM dumb": _environment(TERM="dumb"),
    "TERM garbage": _environment(TERM="\x1b[31m", COLUMNS="-3", LINES="x"),
    "colours": _environment(FORCE_COLOR="1", CLICOLOR_FORCE="1", NO_COLOR=""),
    "CI": _environment(CI="1"),
    "proxies garbage": _environment(HTTP_PROXY="http://[::", https_proxy=":::", NO_PROXY=",,,;", ALL_PROXY="//@@:x"),
    "a proxy with a password": _environment(HTTPS_PROXY="http://me:PLANTED@127.0.0.1:9", NO_PROXY="localhost"),
    "a dead proxy to the index": _environment(PIP_NO_INDEX=None, HTTPS_PROXY="http://127.0.0.1:9", NO_PROXY="*x"),
    "an index nowhere": _environment(PIP_NO_INDEX=None, PIP_INDEX_URL="https://127.0.0.1:9/simple"),
    "an index that is none": _environment(PIP_NO_INDEX=None, PIP_INDEX_URL="https://[::/"),
    "bundles nowhere": _environment(SSL_CERT_FILE="/nowhere.pem", PIP_CERT="ROOT", DEVKIT_CA_BUNDLE="/" + "c" * 5000),
    "DOCKER_HOST garbage": _environment(DOCKER_HOST="http://%%%", DOCKER_CONTEXT="\t"),
    "DOCKER_HOST nowhere": _environment(DOCKER_HOST="unix:///nowhere/docker.sock"),
    "DOCKER_HOST far away": _environment(DOCKER_HOST="ssh://me@nowhere.invalid"),
    "TILT_PORT garbage": _environment(TILT_PORT="99999999999999999999"),
    "TILT_PORT no number": _environment(TILT_PORT="ten"),
    "XDG garbage": _environment(XDG_CONFIG_HOME="relative/x", XDG_CACHE_HOME="/nowhere"),
    "service links": _environment(HELLO_PORT="tcp://10.0.0.1:80", HELLO_SERVICE_HOST="x", GREETING="PLANTED"),
    "Python's variables": _environment(PYTHONHOME="/nowhere", PYTHONPATH="/nowhere", VIRTUAL_ENV="HOME", DEVKIT_PYTHON="x"),
    "Node's variables": _environment(NODE_OPTIONS="--require '/nowhere", NODE_ENV="production"),
    "Postgres's variables": _environment(DATABASE_URL="postgresql://x:PLANTED@[::", PGSSLMODE="require", PGOPTIONS="-c x"),
    "polling": _environment(WATCHFILES_FORCE_POLLING="yes"),
    "allowed contexts": _environment(DEVKIT_ALLOW_CONTEXT="here"),
    "WSL": _environment(WSL_DISTRO_NAME="Ubuntu", LOCALAPPDATA="/nowhere", APPDATA="C:\\Users"),
    # programs
    "every program fails": lambda place: place.every_program("#!/bin/sh\nexit 1\n"),
    "every program says nothing": lambda place: place.every_program("#!/bin/sh\nexit 0\n"),
    "every program prints garbage": lambda place: place.every_program("#!/bin/sh\nprintf '\\377\\000{]\\033[2J'\n"),
    "every program prints a list": lambda place: place.every_program("#!/bin/sh\necho '[1, null, \"x\"]'\n"),
    "every program prints null": lambda place: place.every_program("#!/bin/sh\necho null\n"),
    "every program prints an empty object": lambda place: place.every_program("#!/bin/sh\necho '{}'\n"),
    "every program prints deep lists": lambda place: place.every_program("#!/bin/sh\nprintf '%20000s' | /usr/bin/tr ' ' '['\n"),
    "every program dies of a signal": lambda place: place.every_program("#!/bin/sh\nkill -SEGV $$\n"),
    "programs with a bad interpreter": lambda place: place.every_program("#!/nowhere/sh\n"),
    "programs that are text": lambda place: place.every_program("just words\n"),
    "git garbage": lambda place: place.program("git", GARBAGE),
    "docker empty": lambda place: place.program("docker", b""),
    "docker a folder": lambda place: place.folder(place.programs / "docker"),
    "docker may not be run": lambda place: place.program("docker", "#!/bin/sh\n", 0o644),
    "kubectl in German": lambda place: place.program("kubectl", "#!/bin/sh\necho 'Fehler: Gerät nicht gefunden' >&2\nexit 1\n"),
    "kubectl missing": lambda place: place.drop(place.programs / "kubectl"),
    "programs that lead in circles": lambda place: place.link(place.programs / "tilt", "tilt"),
    # kubectl's and docker's settings
    "kubeconfig empty": _kubeconfig(""),
    "kubeconfig garbage": _kubeconfig(GARBAGE),
    "kubeconfig no mapping": _kubeconfig("- 1\n- [a]\n"),
    "kubeconfig of wrong kinds": _kubeconfig("contexts: 7\nclusters: {a: b}\nusers: ''\ncurrent-context: [x]\n"),
    "kubeconfig huge": _kubeconfig("a: " + "x" * 3_000_000),
    "kubeconfig deep": _kubeconfig("[" * 3000),
    "kubeconfig half": _kubeconfig(_CLUSTER[:90]),
    "kubeconfig unreadable": _kubeconfig(_CLUSTER, 0o000),
    "kubeconfig a folder": _kubeconfig_folder,
    "kubeconfig nowhere": _environment(KUBECONFIG="/nowhere/config::/not/here"),
    "kubeconfig relative": _environment(KUBECONFIG="./x:y"),
    "a cluster that refuses": _kubeconfig(_CLUSTER.replace("SERVER", "https://127.0.0.1:9")),
    "a cluster with no address": _kubeconfig(_CLUSTER.replace("SERVER", "")),
    "a cluster with an odd address": _kubeconfig(_CLUSTER.replace("SERVER", "https://[::1:x")),
    "a cluster far away": _kubeconfig(_CLUSTER.replace("SERVER", "https://nowhere.invalid:6443")),
    "docker's settings garbage": _home_file(".docker/config.json", GARBAGE),
    "docker's settings a list": _home_file(".docker/config.json", "[1]"),
    "docker's settings of wrong kinds": _home_file(".docker/config.json", '{"credsStore": 7, "currentContext": [], "credHelpers": "x"}'),
    "docker's settings a folder": lambda place: place.folder(place.home / ".docker" / "config.json"),
    "Rancher Desktop's settings garbage": _home_file(".config/rancher-desktop/settings.json", GARBAGE),
    "Rancher Desktop's settings of wrong kinds": _home_file(
        ".config/rancher-desktop/settings.json", '{"containerEngine": 1, "kubernetes": [], "virtualMachine": "x", "version": null}'
    ),
    "Rancher Desktop's settings deep": _home_file(".config/rancher-desktop/settings.json", "[" * 100_000),
    "Rancher Desktop's settings empty": _home_file(".config/rancher-desktop/settings.json", "{}"),
    # the clone
    "the table missing": _no("dev/services.yaml"),
    "the table empty": _file("dev/services.yaml", ""),
    "the table broken": _file("dev/services.yaml", "services: [\n  - :"),
    "the table binary": _file("dev/services.yaml", GARBAGE),
    "the table of wrong kinds": _file("dev/services.yaml", "version: x\nservices: 7\nsecrets: [a]\n"),
    "the table deep": _file("dev/services.yaml", "services: " + "[" * 3000),
    "the table a folder": _folder("dev/services.yaml"),
    "dev missing": _no("dev"),
    "secrets a folder": _folder("k8s/dev/secret.yaml"),
    "secrets garbage": _file("k8s/dev/secret.yaml", GARBAGE),
    "secrets a list": _file("k8s/dev/secret.yaml", "- PLANTED\n"),
    "secrets of wrong kinds": _file("k8s/dev/secret.yaml", "stringData:\n  POSTGRES_PASSWORD: {a: PLANTED}\n"),
    "secrets with odd values": _file("k8s/dev/secret.yaml", "stringData:\n  DATABASE_URL: 'http://[::PLANTED'\n  POSTGRES_PASSWORD: ''\n  MORE: x\n"),
    "secrets deep": _file("k8s/dev/secret.yaml", "stringData: " + "[" * 3000),
    "secrets lead nowhere": _link_to_nowhere("k8s/dev/secret.yaml"),
    "secrets unreadable": _file("k8s/dev/secret.yaml", "stringData: {}\n", 0),
    "secrets in the open": _file("k8s/dev/secret.yaml", "stringData: {}\n", 0o666),
    "no git folder": _no(".git"),
    "git folder broken": _file(".git/HEAD", "nonsense"),
    "git's list broken": _file(".git/index", GARBAGE),
    "git folder a file": _file(".git", "gitdir: /nowhere"),
    "launch.json broken": _file(".vscode/launch.json", '{"configurations": [{"name": '),
    "launch.json garbage": _file(".vscode/launch.json", GARBAGE),
    "launch.json of wrong kinds": _file(".vscode/launch.json", '{"configurations": 7, "compounds": {"a": 1}}'),
    "launch.json deep": _file(".vscode/launch.json", "[" * 100_000),
    "launch.json a folder": _folder(".vscode/launch.json"),
    "tilt_config.json garbage": _file("tilt_config.json", GARBAGE),
    "tilt_config.json a list": _file("tilt_config.json", "[]"),
    "tilt_config.json with mistakes": _file("tilt_config.json", '{"port_offset": 3, "off": ["nobody"], "x": null}'),
    "tilt_config.json a folder": _folder("tilt_config.json"),
    "tilt_config.json deep": _file("tilt_config.json", "[" * 100_000),
    "rendered files are folders": _folder("k8s/dev/hello.yaml"),
    "rendered files lead nowhere": _link_to_nowhere("k8s/dev/configmap.yaml"),
    "k8s a file": _file("k8s", "x"),
    "requirements garbage": _both(_file("requirements/devkit.in", GARBAGE), _file("requirements/devkit.txt", GARBAGE)),
    "a lock a folder": _both(_file("requirements/x.in", "rich>1\n"), _folder("requirements/x.txt")),
    ".venv empty": _folder(".venv"),
    ".venv a file": _file(".venv", "x"),
    ".venv with a broken Python": _both(_file(".venv/made-by-devkit", ""), _file(".venv/bin/python", GARBAGE, 0o755)),
    ".venv leads in circles": lambda place: place.link(place.root / ".venv", ".venv"),
    ".devkit a file": _file(".devkit", "x"),
    ".devkit leads nowhere": _link_to_nowhere(".devkit"),
    "run.json garbage": _file(".devkit/run.json", GARBAGE),
    "run.json of wrong kinds": _file(".devkit/run.json", '{"pid": "x", "offset": null, "children": {"-1": "y"}}'),
    "Postgres's data garbage": _both(_file(".devkit/postgres/PG_VERSION", GARBAGE), _file(".devkit/postgres/postmaster.pid", "999999999999999\n")),
    "Postgres's data a file": _file(".devkit/postgres", "x"),
    "Postgres's lock names process 1": _both(_file(".devkit/postgres/PG_VERSION", "16\n"), _file(".devkit/postgres/postmaster.pid", "1\n")),
    "a folder nobody may enter": lambda place: place.folder(place.root / "locked", 0),
    "names that are no text": lambda place: place.put(Path(os.fsdecode(os.fsencode(place.root) + b"/odd\xff\xfename")), "x"),
    "the clone read-only": lambda place: place.read_only.append(str(place.root)),
    "home read-only": lambda place: place.read_only.append(str(place.home)),
    # the terminal
    "no standard input": lambda place: place.closed.append(0),
    "no standard output": lambda place: place.closed.append(1),
    "no standard error": lambda place: place.closed.append(2),
}  # fmt: skip


def combinations(count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """Each oddity alone, then twos and threes of them, `count` in all; the same for the same seed."""
    chance = random.Random(seed)
    names = list(ODDITIES)
    alone = [(name,) for name in names][:count]
    yield from alone
    for number in range(count - len(alone)):
        yield tuple(chance.sample(names[1:], 2 + number % 2))
