"""What an image build may need of this machine to reach package registries: handed over as build secrets, never kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["build_secrets"]

# The first that names a file wins; the rest are what pip, OpenSSL, requests and Node read.
_CA_VARIABLES = ("DEVKIT_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def build_secrets(environ: Mapping[str, str], home: Path) -> list[str]:
    """`--secret` arguments for `docker build`: a CA bundle (`ca`), pip's and npm's settings (`pipconf`, `npmrc`)
    where they name a registry of their own."""
    found = {
        "ca": (environ[name] for name in _CA_VARIABLES if environ.get(name)),
        "pipconf": _naming("index", _pip_files(environ, home)),
        "npmrc": _naming("registry", iter([environ.get("NPM_CONFIG_USERCONFIG") or str(home / ".npmrc")])),
    }
    secrets = {name: next((path for path in paths if _is_file(path)), None) for name, paths in found.items()}
    return [f"id={name},src={path}" for name, path in secrets.items() if path]


def _is_file(path: str) -> bool:
    """What a variable names may be anything."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def _pip_files(environ: Mapping[str, str], home: Path) -> Iterator[str]:
    if environ.get("PIP_CONFIG_FILE"):
        yield environ["PIP_CONFIG_FILE"]
    base = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    yield from (str(base / "pip" / "pip.conf"), str(home / ".pip" / "pip.conf"))


def _naming(word: str, paths: Iterator[str]) -> Iterator[str]:
    for path in paths:
        try:
            if word in Path(path).read_text("utf-8", errors="replace"):
                yield path
        except OSError:
            continue
