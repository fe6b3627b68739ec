"""Reads and extends `k8s/dev/secret.yaml`. What people wrote in it stays byte for byte; no value leaves this module
except to the caller that asked for it."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.model import Table
from devkit.render.environment import in_cluster
from devkit.secrets.blank import refuse_white

__all__ = [
    "Document",
    "ensure_secrets",
    "load_document",
    "read_secrets",
    "require_known",
    "secret_file",
    "set_secret",
]

_PRIVATE = 0o600


def secret_file(root: Path) -> Path:
    """Where the development secrets of a clone are."""
    return root / "k8s" / "dev" / "secret.yaml"


@dataclass(frozen=True)
class Document:
    """The file's text, its secrets, the lines (first, last) of each, and where a further entry goes."""

    text: str
    values: dict[str, str]
    spans: dict[str, tuple[int, int]]
    insert_at: int
    indent: str

    @property
    def lines(self) -> dict[str, int]:
        """The line that each secret begins on."""
        return {name: first for name, (first, _) in self.spans.items()}


def read_secrets(root: Path, table: Table) -> dict[str, str]:
    """Every secret by name, in clear. Values that the table derives (DATABASE_URL, REDIS_URL) are left out when the
    file holds just what the table says, so that an engine can tell the developer's own database from the shipped one.

    Raises DevkitError (exit 2) for a file that is missing or is not a Secret, and for a secret of white space.
    """
    document = load_document(root)
    derived = in_cluster(table).connection_urls(document.values)
    shown = secret_file(root).relative_to(root).as_posix()
    refuse_white(document.values, document.lines, {*table.secrets, *derived}, shown)
    return {
        name: value
        for name, value in document.values.items()
        if _without_password(derived.get(name, "")) != _without_password(value)
    }


def ensure_secrets(root: Path, table: Table) -> list[str]:
    """Makes the file if there is none and adds keys that are missing. Returns the names added."""
    path = secret_file(root)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, _skeleton(table))
    document = load_document(root)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(_PRIVATE)
    made = dict(document.values)
    for secret in table.secrets.values():
        if made.get(secret.name):
            continue
        if secret.default is not None:
            made[secret.name] = secret.default
        elif secret.generate is not None:
            made[secret.name] = secrets.token_urlsafe(secret.generate)
    for name, value in in_cluster(table).connection_urls(made).items():
        made.setdefault(name, value)
    added = {name: value for name, value in made.items() if document.values.get(name) != value}
    if added:
        _write(path, _with_entries(document, added))
    return sorted(added)


def require_known(table: Table, name: str) -> None:
    """Raises DevkitError (exit 2) for a name that is not a secret of the table."""
    known = sorted({*table.secrets, *in_cluster(table).connection_urls(dict.fromkeys(table.secrets, ""))})
    if name not in known:
        fix = "the value is prompted for, never an argument" if "=" in name else f"known: {', '.join(known)}"
        raise DevkitError(
            f"the table has no secret {name.partition('=')[0]}", fix=fix, exit_code=ExitCode.USAGE
        )


def set_secret(root: Path, table: Table, name: str, value: str) -> None:
    """Writes one secret. Raises DevkitError (exit 2) for a name that the table does not know."""
    require_known(table, name)
    ensure_secrets(root, table)
    document = load_document(root)
    before = in_cluster(table).connection_urls(document.values)
    after = in_cluster(table).connection_urls({**document.values, name: value})
    # A URL that only repeats the password follows it; one of the user's own stays.
    follow = {
        key: url for key, url in after.items() if key != name and document.values.get(key) == before.get(key)
    }
    changed = {key: url for key, url in follow.items() if document.values.get(key) != url}
    _write(secret_file(root), _with_entries(document, {**changed, name: value}))


def _without_password(url: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all: nobody's but the user's own
        return (url,)
    return (
        parts.scheme,
        parts.netloc.rpartition("@")[2],
        parts.netloc.partition(":")[0],
        parts.path,
        parts.query,
    )


def _skeleton(table: Table) -> str:
    return (
        "# Development secrets of this clone: made by `./devkit secrets init`, ignored by git, yours to change.\n"
        "apiVersion: v1\nkind: Secret\nmetadata:\n"
        f"  name: app-secrets\n  namespace: {table.namespace}\ntype: Opaque\nstringData: {{}}\n"
    )


def load_document(root: Path) -> Document:
    """Reads the file. Raises DevkitError (exit 2) for one that is missing or no Secret; no value is in the message."""
    path = secret_file(root)
    shown = path.relative_to(root).as_posix()
    try:
        text = path.read_text("utf-8")
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise DevkitError(
            f"{shown} is missing", fix="run ./devkit secrets init", exit_code=ExitCode.USAGE
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        kind = type(problem).__name__
        raise DevkitError(
            f"{shown} cannot be read ({kind})",
            fix=f"check what it is (ls -ld {shown}), and fix it or move it away",
            exit_code=ExitCode.USAGE,
        ) from None
    except RecursionError:
        raise DevkitError(
            f"{shown}: nested too deeply",
            fix="compare k8s/dev/secret.yaml.example",
            exit_code=ExitCode.USAGE,
        ) from None
    except yaml.YAMLError as problem:
        mark = problem.problem_mark if isinstance(problem, yaml.MarkedYAMLError) else None
        line = mark.line + 1 if mark else 1
        raise DevkitError(  # the parser's own message would quote the line, and with it a secret
            f"{shown}:{line}: not valid YAML",
            fix="fix the line, or move the file away",
            exit_code=ExitCode.USAGE,
        ) from None
    sections = dict(_pairs(top))
    plain, encoded = sections.get("stringData"), sections.get("data")
    if not isinstance(plain, yaml.MappingNode):
        raise DevkitError(
            f"{shown}: no stringData mapping",
            fix="compare k8s/dev/secret.yaml.example",
            exit_code=ExitCode.USAGE,
        )
    values: dict[str, str] = {}
    spans: dict[str, tuple[int, int]] = {}
    for section, decode in ((encoded, _decode), (plain, str)):
        for name, node in _pairs(section):
            value = (
                ""
                if node.tag.endswith(":null")
                else node.value
                if isinstance(node, yaml.ScalarNode)
                else None
            )
            if value is None:
                raise DevkitError(
                    f"{shown}:{node.start_mark.line + 1}: {name} is not text", exit_code=ExitCode.USAGE
                )
            values[name] = decode(value)
            spans[name] = (node.start_mark.line + 1, _end(node).line + 1)
    flow_empty = not plain.value
    last = _end(plain.value[-1][1]) if plain.value else plain.start_mark
    indent = " " * plain.value[0][0].start_mark.column if plain.value else "  "
    if plain.flow_style and not flow_empty:
        raise DevkitError(
            f"{shown}: stringData must list one key a line",
            fix="see k8s/dev/secret.yaml.example",
            exit_code=ExitCode.USAGE,
        )
    return Document(text, values, spans, last.index, indent)


def _end(node: yaml.Node) -> yaml.Mark:
    """Where a value ends: of text in a block YAML marks the line behind it."""
    mark = node.end_mark
    if mark.column or mark.line == node.start_mark.line:
        return mark
    return yaml.Mark(mark.name, mark.index - 1, mark.line - 1, 0, None, 0)


def _decode(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _pairs(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def _with_entries(document: Document, entries: dict[str, str]) -> str:
    """The text with new entries behind the last one; lines of keys that are replaced go."""
    text = document.text
    spans = [document.spans[name] for name in entries if name in document.spans]
    replaced = {line for first, last in spans for line in range(first, last + 1)}
    block = "".join(f"{document.indent}{name}: {_scalar(value)}\n" for name, value in entries.items())
    if not document.values and "stringData: {}" in text:
        return text.replace("stringData: {}\n", "stringData:\n" + block, 1)
    end = text.find("\n", document.insert_at)
    head, tail = (text, "") if end < 0 else (text[: end + 1], text[end + 1 :])
    if not head.endswith("\n"):
        head += "\n"
    kept = "".join(
        line for number, line in enumerate(head.splitlines(keepends=True), 1) if number not in replaced
    )
    return kept + block + tail


def _scalar(value: str) -> str:
    return yaml.safe_dump(value, default_style='"', width=100_000).strip()


def _write(path: Path, text: str) -> None:
    replace_file(path, text.encode(), mode=_PRIVATE)
    os.chmod(path, _PRIVATE)  # noqa: PTH101
