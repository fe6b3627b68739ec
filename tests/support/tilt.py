"""The Tiltfile's world: Tilt's functions, as strict as Tilt's own, that record what they are told.

Only what the project's Tiltfile may use is here; any other name, argument or type fails the evaluation.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.call import call_devkit
from tests.support.polling import PATIENCE
from tests.support.tilt_resources import Resources
from tests.support.tilt_values import Blob, TiltfileError, strict

starlark = pytest.importorskip("starlark", reason="no wheel of starlark-pyo3 for Intel Macs: it needs Rust")

__all__ = ["Tilt", "TiltfileError", "default_environment"]


@dataclass
class Tilt(Resources):
    """One evaluation of a Tiltfile. `root` is its folder, `arguments` what follows `tilt up`."""

    environment: dict[str, str] = field(default_factory=dict)
    context: str = "rancher-desktop"
    subcommand: str = "up"
    settings_given: dict[str, Any] = field(default_factory=dict)
    local_calls: list[list[str]] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    defined: dict[str, str] = field(default_factory=dict)
    parsed: bool = False
    problems: list[str] = field(default_factory=list)

    def evaluate(self) -> Tilt:
        """Run the Tiltfile. Raises TiltfileError with what Tilt would show."""
        module, dialect = starlark.Module(), starlark.Dialect.extended()
        dialect.enable_top_level_stmt = True
        extensions = [starlark.LibraryExtension.StructType]
        names = starlark.Globals.extended_by(extensions)
        for name, function in self._functions().items():
            module.add_callable("_" + name.replace(".", "_"), strict(name, function, self.problems))
        module["_subcommand"], module["_main_dir"] = self.subcommand, str(self.root)
        try:
            starlark.eval(module, starlark.parse("prelude", self._prelude(), dialect), names)
            text = (self.root / "Tiltfile").read_text("utf-8")
            starlark.eval(module, starlark.parse("Tiltfile", text, dialect), names)
        except Exception as problem:  # what a function raised comes back in Starlark's clothes
            raise TiltfileError("\n".join([*self.problems, str(problem)])) from None
        self.check()
        return self

    def _prelude(self) -> str:
        """Tilt's modules are structs; plain functions keep their names."""
        groups: dict[str, list[str]] = {}
        lines = ['TRIGGER_MODE_AUTO = "auto"', 'TRIGGER_MODE_MANUAL = "manual"']
        for name in self._functions():
            if "." in name:
                group, _, member = name.rpartition(".")
                groups.setdefault(group, []).append(f"{member} = _{name.replace('.', '_')}")
            else:
                lines.append(f"{name} = _{name}")
        groups["config"] += ["tilt_subcommand = _subcommand", "main_dir = _main_dir"]
        nested = {g: m for g, m in groups.items() if "." in g}
        for group, members in nested.items():
            outer, _, inner = group.rpartition(".")
            groups[outer].append(f"{inner} = struct({', '.join(members)})")
        lines += [f"{g} = struct({', '.join(m)})" for g, m in groups.items() if g not in nested]
        return "\n".join(lines)

    def _functions(self) -> dict[str, Callable[..., Any]]:
        plain = (
            "allow_k8s_contexts", "k8s_context", "local", "read_yaml", "watch_file", "decode_json", "encode_json",
            "blob", "k8s_yaml", "k8s_resource", "docker_build", "local_resource", "port_forward", "sync", "fail",
        )  # fmt: skip
        found: dict[str, Callable[..., Any]] = {name: getattr(self, name) for name in plain}
        for kind in ("bool", "string", "string_list"):
            found[f"config.define_{kind}"] = self._definer(kind)
        found |= {
            "config.parse": self.config_parse,
            "os.getenv": self.getenv,
            "os.path.exists": self.exists,
            "v1alpha1.ui_button": self.ui_button,
            "v1alpha1.ui_component_location": self.ui_component_location,
            "v1alpha1.cmd": self.cmd,
            "v1alpha1.start_on_spec": self.start_on_spec,
        }
        return found

    # Contexts, commands, files ------------------------------------------------------------------

    def allow_k8s_contexts(self, contexts: str | list[str]) -> None:
        if self.local_calls:
            raise TiltfileError("allow_k8s_contexts comes after a local(), which Tilt would have refused")
        self.allowed += [contexts] if isinstance(contexts, str) else contexts

    def k8s_context(self) -> str:
        return self.context

    def local(
        self,
        command: str | list[str],
        quiet: bool = False,
        command_bat: str = "",
        echo_off: bool = False,
        env: dict[str, str] | None = None,
        dir: str = "",
        stdin: str | None = None,
    ) -> str:
        trusted = self.context.startswith(
            ("rancher-desktop", "kind-", "k3d-", "minikube", "docker-desktop", "colima")
        )
        if not trusted and self.context not in self.allowed:
            raise TiltfileError(f"refusing to run local() on {self.context}")
        argv = ["sh", "-c", command] if isinstance(command, str) else command
        self.local_calls.append(argv)
        folder, environment = self.root / dir, self.environment | (env or {})
        if argv[0] == "./devkit":
            done = call_devkit(argv[1:], environment, folder=folder, stdin=stdin)
        else:
            done = subprocess.run(
                argv,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                input=stdin,
                timeout=PATIENCE,
            )
        if done.returncode:
            raise TiltfileError(f"command {argv} failed, exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def read_yaml(self, path: str, default: Any = None) -> Any:
        self.watched.add(path)
        try:
            return yaml.safe_load((self.root / path).read_text("utf-8"))
        except FileNotFoundError:
            if default is None:
                raise TiltfileError(f"no file {path}") from None
            return default

    def watch_file(self, file_path: str) -> None:
        self.watched.add(file_path)

    def exists(self, path: str) -> bool:
        return (self.root / path).exists()

    def getenv(self, key: str, default: str | None = None) -> str | None:
        return self.environment.get(key, default)

    def fail(self, msg: str) -> None:
        raise TiltfileError(msg)

    # Data --------------------------------------------------------------------------------------

    def decode_json(self, json_text: str) -> Any:
        return json.loads(json_text)

    def encode_json(self, obj: Any) -> str:
        return json.dumps(obj)

    def blob(self, contents: str) -> Any:
        return starlark.OpaquePythonObject(Blob(contents))

    # Configuration -----------------------------------------------------------------------------

    def _definer(self, kind: str) -> Callable[..., None]:
        def define(name: str, args: bool = False, usage: str = "") -> None:
            if self.parsed or name in self.defined:
                raise TiltfileError(f"{name}: defined twice, or after config.parse")
            self.defined[name] = kind

        return define

    def config_parse(self) -> dict[str, Any]:
        self.parsed = True
        self.watched.add("tilt_config.json")
        path = self.root / "tilt_config.json"
        values = json.loads(path.read_text()) if path.exists() else {}
        values |= self.settings_given
        shapes = {"bool": bool, "string": str, "string_list": list}
        for name, value in values.items():
            if name not in self.defined:
                raise TiltfileError(f"{path} specified unknown setting name '{name}'")
            if type(value) is not shapes[self.defined[name]]:
                raise TiltfileError(f"{path} specified invalid value for setting {name}")
        return values


def default_environment(root: Path, **more: str) -> dict[str, str]:
    """What Tilt's own shell would hand on, without anything that leads elsewhere."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"DEVKIT_ROOT": str(root)} | more
