"""The fields of a project beside its services: networks, volumes, secrets, configs, models."""

from __future__ import annotations

from devkit.compose import writing as w
from devkit.compose import writing_many as m
from devkit.compose.kinds import NAME, Either, Fields, Items, Leaf, Names
from devkit.compose.service_fields import SERVICE
from devkit.compose.words import FLAG, FLAG_KEPT, LABELS, OPTIONS, STRING_OR_LIST, TEXT, list_of

__all__ = ["CONFIG", "NETWORK", "PROJECT", "SECRET", "VOLUME"]

_TEXTS = Items(TEXT, writes=m.texts)
_EXTERNAL = Either((Leaf(("boolean", "string"), w.switch), Fields({"name": TEXT})))
_EXTERNAL_OPEN = Either((Leaf(("boolean", "string"), w.switch), Fields({"name": TEXT}, open=True)))
_IPAM = Fields(
    {
        "driver": TEXT,
        "config": list_of(
            Fields(
                {
                    "subnet": TEXT,
                    "gateway": TEXT,
                    "ip_range": TEXT,
                    "aux_addresses": Names(TEXT, "^.+$", closed=True, writes=m.options),
                }
            )
        ),
        "options": Names(TEXT, "^.+$", closed=True),
    },
    hidden=("options",),
)
_NULLABLE = ("object", "null")
NETWORK = Fields(
    {
        "name": TEXT, "driver": TEXT, "driver_opts": OPTIONS, "ipam": _IPAM, "external": _EXTERNAL, "internal": FLAG,
        "attachable": FLAG, "labels": LABELS, "enable_ipv4": FLAG_KEPT, "enable_ipv6": FLAG_KEPT,
    },
    always={"ipam": _IPAM},
    types=_NULLABLE,
)  # fmt: skip
VOLUME = Fields(
    {"name": TEXT, "driver": TEXT, "driver_opts": OPTIONS, "external": _EXTERNAL, "labels": LABELS},
    types=_NULLABLE,
)
_OWN_OPTIONS = Names(Leaf(("string", "number"), w.text), "^.+$", writes=m.plain_map)
SECRET = Fields(
    {
        "name": TEXT, "file": TEXT, "environment": TEXT, "external": _EXTERNAL_OPEN, "labels": LABELS, "driver": TEXT,
        "driver_opts": _OWN_OPTIONS, "template_driver": TEXT,
    }
)  # fmt: skip
CONFIG = Fields(
    {
        "name": TEXT, "file": TEXT, "environment": TEXT, "content": TEXT, "external": _EXTERNAL_OPEN, "labels": LABELS,
        "template_driver": TEXT,
    }
)  # fmt: skip
_MODEL = Fields(
    {"name": TEXT, "model": TEXT, "context_size": Leaf(("integer",), w.number), "runtime_flags": _TEXTS},
    required=("model",),
)
_INCLUDE = Either(
    (
        TEXT,
        Fields(
            {"path": STRING_OR_LIST, "env_file": STRING_OR_LIST, "project_directory": TEXT}, extensions=False
        ),
    )
)
_NAMED = f"^{NAME}$"
PROJECT = Fields(
    {
        "version": TEXT,
        "name": TEXT,
        "include": Items(_INCLUDE),
        "services": Names(SERVICE, _NAMED, closed=True),
        "models": Names(_MODEL, _NAMED),
        "networks": Names(NETWORK, _NAMED),
        "volumes": Names(VOLUME, _NAMED, closed=True),
        "secrets": Names(SECRET, _NAMED, closed=True),
        "configs": Names(CONFIG, _NAMED, closed=True),
    }
)
