"""`extends`: a service over another one, of the same file or another."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from devkit.compose.merge import merge_service
from devkit.compose.model import Node, Path, fail, problem
from devkit.compose.paths import join, require_here
from devkit.compose.resets import take_out
from devkit.compose.variables import Variables
from devkit.findings.model import Severity

if TYPE_CHECKING:
    from devkit.compose.reading import Reader

__all__ = ["apply_extends"]

_Chain = tuple[tuple[str, str], ...]


def apply_extends(
    reader: Reader, document: Node, file: str, base: str, variables: Variables, resets: Sequence[Path]
) -> None:
    """Replaces each service of a file that extends another one by what comes of it, in place. Raises ComposeError."""
    services = document.mapping.get("services")
    if services is None:
        return
    if not isinstance(services.value, dict):
        fail("type", "`services` takes a mapping of names", services.at_key, "write the services below it")
    _warn_of_chance(reader, services.value, resets)
    extending = _Extending(reader, file, base, variables, services.value)
    for name in list(services.value):
        services.value[name] = extending.whole(name, services.value, resets, ())


def _warn_of_chance(reader: Reader, services: dict[str, Node], resets: Sequence[Path]) -> None:
    """Compose takes the services in a random order. What one resets of another that it extends is there or not, where a third
    extends it."""
    extended = {}
    for service in services.values():
        extends = service.get("extends")
        if extends is not None and (isinstance(extends.value, str) or extends.get("file") is None):
            reference = extends if isinstance(extends.value, str) else extends.get("service")
            if reference is not None and isinstance(reference.value, str):
                extended[reference.value] = reference
    for path in resets:
        name = path[1] if path[:1] == ("services",) and len(path) > 2 else ""
        if name in extended and name in services and services[name].get("extends") is not None:
            message = f"Compose applies the `!reset` or `!override` of {'.'.join(path)} or not, by chance: it is extended here"
            fix = f"extend what {name} extends, and write the rest out"
            place = extended[name].place
            reader.warnings.append(problem("by-chance", message, place, fix, Severity.WARNING))


class _Extending:
    def __init__(
        self, reader: Reader, file: str, base: str, variables: Variables, own: dict[str, Node]
    ) -> None:
        self.reader, self.file, self.base, self.variables, self.own = reader, file, base, variables, own

    def whole(self, name: str, services: dict[str, Node], resets: Sequence[Path], chain: _Chain) -> Node:
        """The service with all that it extends."""
        service = services[name]
        if service.value is None:
            return service
        if not isinstance(service.value, dict):
            fail("type", f"the service {name} takes a mapping", service.at_key)
        extends = service.value.get("extends")
        if extends is None:
            return service
        reference, other = _parts(extends)
        file = self.file
        inner: Sequence[Path] = ()
        if other is None:
            if reference.value not in services:
                message = f"the service {name} extends {reference.value}, which is not in this file"
                fail("no-such-service", message, reference.place, "name one of this file, or add `file: …`")
            inner = resets if services is self.own else ()
        else:
            services, inner = self._other_file(name, reference, other)
            file = other.text
        step = (file, name)
        if step in chain:
            loop = " → ".join(name for _, name in (*chain[chain.index(step) :], step))
            fail(
                "extends-loop",
                f"services extend each other in a circle: {loop}",
                extends.place,
                "take one out",
            )
        found = self.whole(reference.text, services, inner, (*chain, step))
        if found.value is None:
            return service
        source = found.copy(via=reference.place)
        take_out(Node({"services": Node({name: source}, source.origin)}, source.origin), resets)
        merged = merge_service(source, service, name)
        merged.key, merged.origin = service.key, service.origin
        merged.mapping.pop("extends", None)
        services[name] = merged
        return merged

    def _other_file(self, name: str, reference: Node, other: Node) -> tuple[dict[str, Node], Sequence[Path]]:
        require_here(other)
        path = join(self.base, other.text) if not other.text.startswith("/") else other.text
        if not self.reader.absolute(path).is_file():
            message = f"the service {name} extends one of {other.value}, which is not there"
            fail("no-such-file", message, other.place, "fix the path; it starts at the project's folder")
        whole = self.reader.absolute(path)
        folder = posixpath.relpath(whole.parent, self.reader.absolute(self.base))
        tree, resets = self.reader.read_base(path, folder, self.variables)
        services = tree.get("services")
        if services is None or not isinstance(services.value, dict) or reference.value not in services.value:
            message = f"the service {name} extends {reference.value}, which is not in {other.value}"
            fail("no-such-service", message, reference.place)
        return services.value, resets


def _parts(extends: Node) -> tuple[Node, Node | None]:
    """The service that is extended, and the file that it is in where it is not the same."""
    if isinstance(extends.value, str):
        return extends, None
    reference = extends.get("service")
    if reference is None or not isinstance(reference.value, str):
        fail("missing-key", "`extends` names no service", extends.at_key, "add `service: NAME`")
    file = extends.get("file")
    return reference, file if file is not None and file.value is not None else None
