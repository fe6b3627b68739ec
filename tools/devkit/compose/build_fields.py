"""The fields of `build`, `develop` and `deploy`."""

from __future__ import annotations

from devkit.compose import writing as w
from devkit.compose import writing_many as m
from devkit.compose.kinds import Either, Fields, Items, Kind, Leaf, Names
from devkit.compose.words import (
    COMMAND,
    DECIMAL,
    DURATION,
    DURATION_KEPT,
    EXTRA_HOSTS,
    FLAG,
    HOOK,
    INTEGER,
    INTEGER_KEPT,
    LABELS,
    MOUNTED_FILES,
    PAIRS,
    PLAIN_FLAG,
    STRING_LIST,
    STRING_OR_LIST,
    TEXT,
    ULIMITS,
    UNSIGNED,
    UNSIGNED_KEPT,
    VARIABLES,
    choice,
    list_of,
    printed_text,
)  # fmt: skip

__all__ = ["BUILD", "DEPLOY", "DEVELOP", "DEVICE_REQUEST", "GPUS"]

_TEXTS = Items(TEXT, writes=m.texts)
_SSH = Either(
    (Names(printed_text("string", "number", "boolean", "null"), ".+", closed=True), STRING_LIST),
    writes=m.ssh_keys,
)
BUILD = Either(
    (
        TEXT,
        Fields(
            {
                "context": TEXT, "dockerfile": TEXT, "dockerfile_inline": TEXT, "entitlements": _TEXTS, "args": VARIABLES,
                "provenance": printed_text("string", "boolean"), "sbom": printed_text("string", "boolean"), "ssh": _SSH,
                "labels": LABELS, "cache_from": _TEXTS, "cache_to": _TEXTS, "no_cache": FLAG, "additional_contexts": PAIRS,
                "pull": FLAG, "extra_hosts": EXTRA_HOSTS, "isolation": TEXT, "network": TEXT, "target": TEXT,
                "secrets": MOUNTED_FILES, "shm_size": Leaf(("integer", "string"), w.memory), "tags": _TEXTS,
                "ulimits": ULIMITS, "platforms": _TEXTS, "privileged": FLAG,
            }
        ),
    )
)  # fmt: skip
DEVELOP = Fields(
    {
        "watch": list_of(
            Fields(
                {
                    "path": TEXT,
                    "action": choice("rebuild", "sync", "restart", "sync+restart", "sync+exec"),
                    "target": TEXT,
                    "exec": HOOK,
                    "include": STRING_OR_LIST,
                    "ignore": STRING_OR_LIST,
                    "initial_sync": PLAIN_FLAG,
                },
                required=("path", "action"),
                always={"exec": Fields({"command": COMMAND}, always=HOOK.always)},
            )
        )
    },
    types=("object", "null"),
)
DEVICE_REQUEST: dict[str, Kind] = {
    "capabilities": STRING_LIST,
    "driver": TEXT,
    "count": Leaf(("string", "integer"), w.device_count),
    "device_ids": STRING_LIST,
    "options": PAIRS,
}
GPUS = Either((choice("all"), list_of(Fields(DEVICE_REQUEST, open=True))))
_UPDATE = Fields(
    {
        "parallelism": UNSIGNED_KEPT, "delay": DURATION, "failure_action": TEXT, "monitor": DURATION,
        "max_failure_ratio": DECIMAL, "order": choice("start-first", "stop-first"),
    }
)  # fmt: skip
_GENERIC = list_of(
    Fields(
        {"discrete_resource_spec": Fields({"kind": TEXT, "value": Leaf(("number", "string"), w.kept_number)})}
    )
)
_LIMITS: dict[str, Kind] = {"cpus": DECIMAL, "memory": Leaf(("string",), w.memory)}
_RESOURCES = Fields(
    {
        "limits": Fields({**_LIMITS, "pids": INTEGER}),
        "reservations": Fields(
            {
                **_LIMITS,
                "devices": list_of(Fields(DEVICE_REQUEST, required=("capabilities",))),
                "generic_resources": _GENERIC,
            }
        ),
    }
)
_PLACEMENT = Fields(
    {
        "constraints": _TEXTS,
        "preferences": list_of(Fields({"spread": TEXT})),
        "max_replicas_per_node": UNSIGNED,
    }
)
DEPLOY = Fields(
    {
        "mode": TEXT, "replicas": INTEGER_KEPT, "labels": LABELS, "update_config": _UPDATE, "rollback_config": _UPDATE,
        "resources": _RESOURCES,
        "restart_policy": Fields(
            {"condition": TEXT, "delay": DURATION_KEPT, "max_attempts": UNSIGNED_KEPT, "window": DURATION_KEPT}
        ),
        "placement": _PLACEMENT, "endpoint_mode": TEXT,
    },
    always={"resources": _RESOURCES, "placement": _PLACEMENT},
    types=("object", "null"),
)  # fmt: skip
