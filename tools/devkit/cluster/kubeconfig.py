"""Reads the kubeconfig as kubectl would, with nothing but a YAML parser: `devkit plan` runs on every load of a Tiltfile."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.users import home_folder

__all__ = ["KubeContext", "current_context", "kubeconfig_files", "shown"]

# libyaml's parser takes 4 ms for a file that takes the Python one 60.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class KubeContext:
    """The current context with what it names, free of credentials. `files` are all that were read, in kubectl's order."""

    name: str
    cluster: str
    server: str
    files: tuple[Path, ...]
    user: str = ""
    namespace: str | None = None
    proxy_url: str | None = None
    exec_plugin: str | None = None
    tls_server_name: str | None = None


def kubeconfig_files(environ: Mapping[str, str] = os.environ, home: Path | None = None) -> tuple[Path, ...]:
    """The files that kubectl would read: those of KUBECONFIG that exist, else `~/.kube/config`."""
    listed = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    if not listed:
        listed = [(home or home_folder(environ)) / ".kube" / "config"]
    return tuple(dict.fromkeys(path for path in listed if _is_file(path)))


def current_context(
    environ: Mapping[str, str] = os.environ, home: Path | None = None, wanted: str | None = None
) -> KubeContext:
    """The context that kubectl and Tilt would use now, or the one that is `wanted`.

    Raises DevkitError (exit 4) when there is no file, no current-context, or a name that leads nowhere.
    """
    files = kubeconfig_files(environ, home)
    if not files:
        where = environ.get("KUBECONFIG") or "~/.kube/config"
        raise _problem(
            f"no Kubernetes configuration: {where} does not exist", "start a local cluster; it writes one"
        )
    documents = [_read(path) for path in files]
    name = wanted or next(
        (str(found) for document in documents if (found := document.get("current-context"))), ""
    )
    if not name:
        known = sorted({entry for document in documents for entry in _entries(document, "contexts")})
        raise _problem(
            f"{_list(files)}: no current-context",
            f"kubectl config use-context NAME (there is: {', '.join(known) or 'none'})",
        )
    context = _find(documents, files, "contexts", name, "context", f"current-context is {name!r}")
    cluster_name = str(context.get("cluster") or "")
    cluster = _find(documents, files, "clusters", cluster_name, "cluster", f"context {name!r} names it")
    user_name = str(context.get("user") or "")
    user = _first(documents, "users", user_name) or {}
    return KubeContext(
        name=name,
        cluster=cluster_name,
        server=str(cluster.get("server") or ""),
        files=files,
        user=user_name,
        namespace=_text(context.get("namespace")),
        proxy_url=_text(cluster.get("proxy-url")),
        exec_plugin=_plugin(user),
        tls_server_name=_text(cluster.get("tls-server-name")),
    )


def shown(path: Path) -> str:
    """A path as people write it, with `~` for the home folder."""
    try:
        return f"~/{path.relative_to(home_folder()).as_posix()}"
    except ValueError:
        return str(path)


def _is_file(path: Path) -> bool:
    """A variable may name anything; what cannot be looked at (a name too long, a folder without rights) is not a file."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.load(path.read_text("utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or type(problem).__name__
        raise _problem(f"{shown(path)} cannot be read: {reason}", "fix it, or unset KUBECONFIG") from None
    except yaml.YAMLError as problem:  # its own message would quote the line, and with it a token
        mark = problem.problem_mark if isinstance(problem, yaml.MarkedYAMLError) else None
        line = f":{mark.line + 1}" if mark else ""
        raise _problem(f"{shown(path)}{line}: not valid YAML", "fix the line") from None
    except RecursionError:
        raise _problem(f"{shown(path)}: nested too deeply", "kubectl config view") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise _problem(f"{shown(path)}: not a kubeconfig", "kubectl config view")
    return content


def _entries(document: Mapping[str, Any], section: str) -> dict[str, Mapping[str, Any]]:
    """The named entries of a section; within a file, too, the first of a name wins."""
    entries: dict[str, Mapping[str, Any]] = {}
    listed = document.get(section)
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and entry.get("name") is not None:
            body = entry.get(section.removesuffix("s"))
            entries.setdefault(str(entry["name"]), body if isinstance(body, dict) else {})
    return entries


def _first(documents: list[Mapping[str, Any]], section: str, name: str) -> Mapping[str, Any] | None:
    found = (_entries(document, section).get(name) for document in documents)
    return next((entry for entry in found if entry is not None), None)


def _find(
    documents: list[Mapping[str, Any]], files: tuple[Path, ...], section: str, name: str, kind: str, why: str
) -> Mapping[str, Any]:
    entry = _first(documents, section, name)
    if entry is None:
        known = sorted({entry for document in documents for entry in _entries(document, section)})
        raise _problem(
            f"{_list(files)}: no {kind} {name!r} ({why})",
            f"there is: {', '.join(known) or 'none'}; kubectl config use-context NAME",
        )
    return entry


def _plugin(user: Mapping[str, Any]) -> str | None:
    """The program or provider that would make credentials, which kubectl would run."""
    plugin, provider = user.get("exec"), user.get("auth-provider")
    if isinstance(plugin, dict):
        return Path(str(plugin.get("command") or "unnamed")).name
    if isinstance(provider, dict):
        return str(provider.get("name") or "unnamed")
    return None


def _text(value: object) -> str | None:
    return str(value) if value else None


def _list(files: tuple[Path, ...]) -> str:
    return ", ".join(shown(path) for path in files)


def _problem(message: str, fix: str) -> DevkitError:
    return DevkitError(message, fix=fix, exit_code=ExitCode.CLUSTER_UNREACHABLE)
