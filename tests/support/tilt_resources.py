"""Tilt's functions that say what is built, applied and run, and what they were told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.tilt_values import Blob, TiltfileError, identity, made, make

__all__ = ["Resources"]


@dataclass
class Resources:
    """What one evaluation has told Tilt so far. `root` is the Tiltfile's folder."""

    root: Path
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: list[dict[str, Any]] = field(default_factory=list)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    local_resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    buttons: dict[str, dict[str, Any]] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    watched: set[str] = field(default_factory=set)

    def docker_build(
        self,
        ref: str,
        context: str,
        build_args: dict[str, str] | None = None,
        dockerfile: str | None = None,
        dockerfile_contents: str = "",
        live_update: list[Any] | None = None,
        match_in_env_vars: bool = False,
        ignore: list[str] | None = None,
        only: list[str] | None = None,
        entrypoint: list[str] | None = None,
        target: str = "",
        ssh: str = "",
        network: str = "",
        secret: list[str] | None = None,
        extra_tag: list[str] | None = None,
        container_args: list[str] | None = None,
        cache_from: list[str] | None = None,
        pull: bool = False,
        platform: str = "",
        extra_hosts: list[str] | None = None,
    ) -> None:
        if ref in self.images:
            raise TiltfileError(f"Image for ref {ref} has already been defined")
        if any(sign in path for path in only or [] for sign in "*?["):
            raise TiltfileError("`only` takes paths, not globs")
        if dockerfile is not None and dockerfile_contents:
            raise TiltfileError("Cannot specify both dockerfile and dockerfile_contents keyword arguments")
        dockerfile = None if dockerfile_contents else dockerfile or "Dockerfile"
        if dockerfile is not None:
            if not (self.root / dockerfile).is_file():
                raise TiltfileError(f"no file {dockerfile}")
            self.watched.add(dockerfile)
        steps = [made(step, "sync") for step in live_update or []]
        self.images[ref] = {
            "context": context, "dockerfile": dockerfile or "", "contents": dockerfile_contents, "target": target, "build_args": build_args or {},
            "only": only or [], "secret": secret or [], "sync": [(s["local_path"], s["remote_path"]) for s in steps],
        }  # fmt: skip

    def sync(self, local_path: str, remote_path: str) -> Any:
        if not remote_path.startswith("/"):
            raise TiltfileError(f"sync destination {remote_path} is not absolute")
        return make("sync", local_path=local_path, remote_path=remote_path)

    def k8s_yaml(self, yaml_given: Any, allow_duplicates: bool = False) -> None:
        if isinstance(yaml_given, Blob):
            text = yaml_given.text
        elif isinstance(yaml_given, str):
            self.watched.add(yaml_given)
            text = (self.root / yaml_given).read_text("utf-8")
        else:
            raise TiltfileError(f"k8s_yaml takes a path or a blob, not {type(yaml_given).__name__}")
        for found in yaml.safe_load_all(text):
            name = identity(found)
            if name in map(identity, self.objects) and not allow_duplicates:
                raise TiltfileError(f"Duplicate YAML: {name}")
            self.objects.append(found)

    def port_forward(
        self,
        local_port: int,
        container_port: int | None = None,
        name: str | None = None,
        link_path: str | None = None,
        host: str | None = None,
    ) -> Any:
        if not (0 < local_port < 65536 and 0 < (container_port or local_port) < 65536):
            raise TiltfileError(f"port {local_port} out of range")
        return make(
            "port_forward", local=local_port, remote=container_port or local_port, name=name, host=host
        )

    def k8s_resource(
        self,
        workload: str = "",
        new_name: str = "",
        port_forwards: list[Any] | None = None,
        extra_pod_selectors: dict[str, str] | None = None,
        trigger_mode: str = "auto",
        resource_deps: list[str] | None = None,
        objects: list[str] | None = None,
        auto_init: bool = True,
        pod_readiness: str = "",
        links: list[Any] | None = None,
        labels: list[str] | None = None,
        discovery_strategy: str = "",
    ) -> None:
        if workload in self.resources:
            raise TiltfileError(f"k8s_resource {workload} called twice")
        self.resources[workload] = {
            "forwards": [made(one, "port_forward") for one in port_forwards or []],
            "deps": resource_deps or [], "labels": labels or [],
        }  # fmt: skip

    def local_resource(
        self,
        name: str,
        cmd: str | list[str],
        deps: list[str] | None = None,
        trigger_mode: str = "auto",
        resource_deps: list[str] | None = None,
        ignore: list[str] | None = None,
        auto_init: bool = True,
        serve_cmd: str | list[str] = "",
        cmd_bat: str = "",
        serve_cmd_bat: str = "",
        allow_parallel: bool = False,
        links: list[Any] | None = None,
        labels: list[str] | None = None,
        env: dict[str, str] | None = None,
        serve_env: dict[str, str] | None = None,
        readiness_probe: Any = None,
        dir: str = "",
        serve_dir: str = "",
    ) -> None:
        if name in self.local_resources:
            raise TiltfileError(f"local_resource {name} called twice")
        if not cmd and not serve_cmd:
            raise TiltfileError(
                f"local_resource {name} must have a cmd and/or a serve_cmd, but both were empty"
            )
        self.local_resources[name] = {
            "cmd": cmd, "serve": serve_cmd, "watch": deps or [], "ignore": ignore or [], "trigger_mode": trigger_mode, "deps": resource_deps or [],
            "auto_init": auto_init, "labels": labels or [],
        }  # fmt: skip

    def ui_component_location(self, component_id: str = "", component_type: str = "") -> Any:
        if component_type not in ("Resource", "Global"):
            raise TiltfileError(f"no component type {component_type}")
        return make("location", id=component_id, type=component_type)

    def ui_button(
        self,
        name: str,
        labels: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
        location: Any = None,
        text: str = "",
        icon_name: str = "",
        icon_svg: str = "",
        disabled: bool = False,
        requires_confirmation: bool = False,
        inputs: list[Any] | None = None,
    ) -> None:
        if name in self.buttons:
            raise TiltfileError(f"ui_button {name} made twice")
        where = made(location, "location")
        self.buttons[name] = {
            "resource": where["id"],
            "text": text,
            "icon": icon_name,
            "asks": requires_confirmation,
        }

    def start_on_spec(self, ui_buttons: list[str] | None = None) -> Any:
        return make("start_on", buttons=ui_buttons or [])

    def cmd(
        self,
        name: str,
        labels: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
        args: list[str] | None = None,
        dir: str = "",
        env: list[str] | None = None,
        readiness_probe: Any = None,
        restart_on: Any = None,
        start_on: Any = None,
        disable_source: Any = None,
    ) -> None:
        self.commands[name] = {"args": args, "dir": dir, "buttons": made(start_on, "start_on")["buttons"]}

    def check(self) -> None:
        """What Tilt finds out at the end of a Tiltfile."""
        workloads = {o["metadata"]["name"]: o for o in self.objects if o["kind"] == "Deployment"}
        if missing := self.resources.keys() - workloads.keys():
            raise TiltfileError(f"k8s_resource specified unknown resource {sorted(missing)}")
        used = {c["image"] for o in workloads.values() for c in o["spec"]["template"]["spec"]["containers"]}
        if unused := self.images.keys() - used:
            raise TiltfileError(f"Image not used in any Kubernetes config: {sorted(unused)}")
        names = {*workloads, *self.local_resources}
        for name, one in (self.resources | self.local_resources).items():
            if unknown := set(one["deps"]) - names:  # Tilt only warns
                raise TiltfileError(f"{name} depends on unknown {sorted(unknown)}")
            if any(not label.replace("-", "").isalnum() for label in one["labels"]):
                raise TiltfileError(f"{name}: bad label in {one['labels']}")
