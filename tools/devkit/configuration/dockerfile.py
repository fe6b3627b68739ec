"""A Dockerfile, with continuation lines, heredocs and comments as the grammar knows them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache

import tree_sitter_containerfile
from tree_sitter import Language, Node, Parser

from devkit.configuration.model import ALLOWS, Scan
from devkit.configuration.names import is_secret_name, is_timeout_name
from devkit.configuration.script_tree import line_of, walk
from devkit.configuration.values import Known, Violation, judge_number, judge_text

__all__ = ["scan_dockerfile"]

# Ports of this container itself: a health check, a command.
_OWN_PORT = re.compile(
    r"(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)[:/](\d{2,5})\b|--port[= \"',]+(\d{2,5})\b"
)
_SECRET_FILE = re.compile(
    r"(?:^|/)(?:\.env(?:\.(?!example$)[\w.]+)?|id_(?:rsa|ed25519|ecdsa)|secrets?\.ya?ml|[\w.-]+\.(?:pem|key|p12|pfx))$"
)
_ASSIGNED = re.compile(r"""\b(\w+)=(?!["']?(?:\$|/run/secrets)|["']{2})(?:"[^"]+"|'[^']+'|[^\s"']+)""")
_COMMANDS = ("run_instruction", "cmd_instruction", "entrypoint_instruction", "healthcheck_instruction")
_RUN_IT = "RUN --mount=type=secret hands one to a single command; what runs reads it from its environment"


@cache
def _language() -> Language:
    return Language(tree_sitter_containerfile.language())


def scan_dockerfile(
    file: str, text: str, known: Known, ports: Collection[int], variables: Collection[str]
) -> Scan:
    """What a Dockerfile holds. `ports` are the table's, `variables` what the table gives to services at their start."""
    scan = Scan(file)
    root = Parser(_language()).parse(text.encode("utf-8", "replace")).root_node
    nodes = list(walk(root))
    for node in nodes:
        if node.is_error or node.is_missing:
            scan.suspect(
                line_of(node),
                [
                    (
                        "unreadable",
                        "this is no instruction of a Dockerfile",
                        "repair it; some of the file was not checked",
                    )
                ],
            )
        elif node.type in ("env_pair", "arg_pair"):
            _variable(scan, node, known, variables)
        elif node.type == "arg_instruction":
            for name in node.named_children:
                if name.type != "arg_pair":
                    _argument(scan, _raw(name), "", line_of(name), variables)
        elif node.type == "expose_port":
            scan.suspect(line_of(node), _exposed(_raw(node), ports))
        elif node.type in ("copy_instruction", "add_instruction"):
            scan.suspect(line_of(node), _copied(_raw(node)))
        elif node.type in _COMMANDS and (node.parent is None or node.parent.type not in _COMMANDS):
            _command(scan, node, known, ports)
    scan.allows += ALLOWS.read(
        file,
        [(line_of(node), _raw(node), True) for node in nodes if node.type == "comment"],
        text.splitlines(),
    )
    return scan


def _raw(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _variable(scan: Scan, node: Node, known: Known, variables: Collection[str]) -> None:
    name = _raw(node.child_by_field_name("name"))
    value = _raw(node.child_by_field_name("value") or node.child_by_field_name("default")).strip("\"'")
    line = line_of(node)
    if node.type == "arg_pair":
        _argument(scan, name, value, line, variables)
    else:
        scan.sets.add(name)
        if is_secret_name(name):
            scan.suspect(
                line,
                [
                    (
                        "secret-in-image",
                        f"ENV `{name}` puts a secret into the image, where everybody who has it can read it",
                        _RUN_IT,
                    )
                ],
            )
        elif name in variables:
            message = f"ENV `{name}` puts a value of the table into the image"
            scan.suspect(line, [("build-time", message, "delete it: who starts the container sets it")])
    if is_secret_name(name) or re.fullmatch(r"\$\{?\w+\}?", value):
        return
    relaxed = re.sub(r"\$\{?\w+(?::[-+?][^}]*)?\}?", "\0", value)
    scan.suspect(line, judge_text(relaxed, name, known))
    if value.isdigit() and name not in variables:
        scan.suspect(line, judge_number(int(value), name))
    if (
        re.fullmatch(r"\d+(?:\.\d+)?(?:ms|s|m)?", value)
        and is_timeout_name(name)
        and float(re.sub(r"[a-z]", "", value))
    ):
        fix = f"declare `{name}` in dev/services.yaml, and leave it out here"
        scan.suspect(line, [("timeout", f"the time limit `{name}` is put into the image", fix)])


def _argument(scan: Scan, name: str, value: str, line: int, variables: Collection[str]) -> None:
    """A build argument: its value is in the image's history."""
    if is_secret_name(name):
        what = "with its value " if value else ""
        message = f"ARG `{name}` puts a secret {what}into the image's history"
        scan.suspect(line, [("secret-in-image", message, _RUN_IT)])
    elif name in variables:
        message = f"ARG `{name}` builds a variable of the table into the image, which then serves one environment alone"
        scan.suspect(line, [("build-time", message, "read it when the container starts")])


def _exposed(text: str, ports: Collection[int]) -> Iterator[Violation]:
    for port in re.findall(r"\d+", text.partition("/")[0] if "$" not in text else ""):
        if int(port) not in ports:
            fix = "expose the `port` of its row in dev/services.yaml"
            yield "port", f"EXPOSE {port}: no service of the table has this port", fix


def _copied(text: str) -> Iterator[Violation]:
    words = [word.strip("\"',[]") for word in text.split()[1:] if not word.startswith("--")]
    for word in words[:-1]:
        if _SECRET_FILE.search(word):
            yield "secret-in-image", f"`{word}` gets into the image", _RUN_IT
        if word.startswith(("http://", "https://")):
            yield from (found for found in judge_text(word, "", Known()) if found[0] == "credential")


def _command(scan: Scan, node: Node, known: Known, ports: Collection[int]) -> None:
    """What a command has in it: downloads at build time are no configuration, credentials and the platform's own addresses are."""
    for number, line in enumerate(_raw(node).splitlines(), line_of(node)):
        if line.lstrip().startswith("#"):
            continue
        own = {int(port) for pair in _OWN_PORT.findall(line) for port in pair if port}
        for port in sorted(own - set(ports)):
            scan.suspect(
                number,
                [
                    (
                        "port",
                        f"port {port} is no service's port in the table",
                        "use the `port` of its row in dev/services.yaml",
                    )
                ],
            )
        for word in re.split(r"[\s\"'=]+", line):
            found = [
                each
                for each in judge_text(word, "", replace(known, relaxed=True))
                if "://" in word or each[0] == "credential"
            ]
            downloads = node.type == "run_instruction"
            scan.suspect(
                number,
                [
                    each
                    for each in found
                    if each[0] == "credential" or not downloads or any(s in word for s in known.services)
                ],
            )
        secret = _ASSIGNED.search(line)
        if secret and is_secret_name(secret[1]):
            message = f"`{secret[1]}` is written into a command of the image"
            scan.suspect(number, [("secret-in-image", message, _RUN_IT)])
