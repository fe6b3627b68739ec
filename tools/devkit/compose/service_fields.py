"""The fields of a service."""

from __future__ import annotations

from devkit.compose import writing as w
from devkit.compose import writing_many as m
from devkit.compose.build_fields import BUILD, DEPLOY, DEVELOP, GPUS
from devkit.compose.kinds import Either, Fields, Items, Leaf, Names
from devkit.compose.words import (
    ANYTHING,
    COMMAND,
    DECIMAL,
    DURATION_KEPT,
    EXTRA_HOSTS,
    FLAG,
    FLAG_KEPT,
    HOOK,
    INTEGER_KEPT,
    LABELS,
    MEMORY,
    MOUNTED_FILES,
    NUMBER,
    OPTIONS,
    PAIRS,
    PLAIN_FLAG,
    STRING_LIST,
    STRING_OR_LIST,
    TEXT,
    ULIMITS,
    VARIABLES,
    choice,
    constant,
    list_of,
    printed_text,
)  # fmt: skip

__all__ = ["SERVICE"]

_TEXTS = Items(TEXT, writes=m.texts)
_UNIQUE = STRING_LIST
_NULL = Leaf(("null",), w.text)
_WEIGHT = Leaf(("integer", "string"), w.weight)
_BLKIO_LIMITS = list_of(
    Fields(
        {"path": TEXT, "rate": Leaf(("integer", "string"), w.memory)},
        extensions=False,
        always={"path": constant(""), "rate": constant("0")},
        names={"path": "Path", "rate": "Rate"},
    )
)
_BLKIO_WEIGHTS = list_of(
    Fields(
        {"path": TEXT, "weight": _WEIGHT},
        extensions=False,
        always={"path": constant(""), "weight": constant(0)},
        names={"path": "Path", "weight": "Weight"},
    )
)
_BLKIO = Fields(
    {
        "weight": _WEIGHT, "weight_device": _BLKIO_WEIGHTS, "device_read_bps": _BLKIO_LIMITS, "device_read_iops": _BLKIO_LIMITS,
        "device_write_bps": _BLKIO_LIMITS, "device_write_iops": _BLKIO_LIMITS,
    },
    extensions=False,
)  # fmt: skip
_DEPENDENCIES = Either(
    (
        STRING_LIST,
        Names(
            Fields(
                {
                    "condition": choice(
                        "service_started", "service_healthy", "service_completed_successfully"
                    ),
                    "restart": FLAG,
                    "required": Leaf(("boolean",), w.kept_switch),
                },
                required=("condition",),
            ),
            closed=True,
        ),
    )
)
_ENV_FILES = Either(
    (
        TEXT,
        Items(
            Either(
                (
                    TEXT,
                    Fields(
                        {"path": TEXT, "required": FLAG_KEPT, "format": TEXT},
                        required=("path",),
                        extensions=False,
                    ),
                )
            )
        ),
    )
)
_HEALTH = Fields(
    {
        "test": Either((TEXT, _TEXTS), writes=m.tested), "timeout": DURATION_KEPT, "interval": DURATION_KEPT,
        "retries": Leaf(("number", "string"), w.unsigned), "start_period": DURATION_KEPT, "start_interval": DURATION_KEPT,
        "disable": FLAG,
    }
)  # fmt: skip
_LOGGING = Fields(
    {"driver": TEXT, "options": Names(Leaf(("string", "number", "null"), w.text), "^.+$", writes=m.options)}
)
_MODELS = Either((STRING_LIST, Names(Either((Fields({"endpoint_var": TEXT, "model_var": TEXT}), _NULL)))))
_NETWORK = Fields(
    {
        "aliases": STRING_LIST, "driver_opts": OPTIONS, "gw_priority": Leaf(("number",), w.number), "interface_name": TEXT,
        "ipv4_address": TEXT, "ipv6_address": TEXT, "link_local_ips": STRING_LIST, "mac_address": TEXT,
        "priority": Leaf(("number",), w.number),
    }
)  # fmt: skip
_NETWORKS = Either((STRING_LIST, Names(Either((_NETWORK, _NULL)), closed=True)))
_PORTS = Items(
    Either(
        (
            Leaf(("number",), w.text),
            TEXT,
            Fields(
                {
                    "name": TEXT, "mode": TEXT, "host_ip": TEXT, "target": Leaf(("integer", "string"), w.counted),
                    "published": printed_text("string", "integer"), "protocol": TEXT, "app_protocol": TEXT,
                }
            ),
        )
    ),
    unique=True,
)  # fmt: skip
_PROVIDER = Fields(
    {
        "type": TEXT,
        "options": Names(
            Either(
                (
                    Leaf(("string", "number", "boolean"), w.text),
                    Items(Leaf(("string", "number", "boolean"), w.text)),
                )
            ),
            "^.+$",
            writes=m.many_options,
        ),
    },
    required=("type",),
)
_VOLUMES = Items(
    Either(
        (
            TEXT,
            Fields(
                {
                    "type": choice("bind", "volume", "tmpfs", "cluster", "npipe", "image"), "source": TEXT, "target": TEXT,
                    "read_only": FLAG, "consistency": TEXT,
                    "bind": Fields(
                        {
                            "selinux": choice("z", "Z"), "propagation": TEXT, "create_host_path": FLAG,
                            "recursive": choice("enabled", "disabled", "writable", "readonly"),
                        }
                    ),
                    "volume": Fields({"labels": PAIRS, "nocopy": FLAG, "subpath": TEXT}),
                    "tmpfs": Fields(
                        {"size": Leaf(("integer", "string"), w.memory, least=0), "mode": Leaf(("number", "string"), w.counted)}
                    ),
                    "image": Fields({"subpath": TEXT}),
                },
                required=("type",),
            ),
        )
    ),
    unique=True,
)  # fmt: skip
_PULL = "always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+"
_SIZE = Leaf(("integer", "string"), w.memory)
SERVICE = Fields(
    {
        "profiles": STRING_LIST, "annotations": PAIRS, "attach": FLAG_KEPT, "build": BUILD, "develop": DEVELOP,
        "blkio_config": _BLKIO, "cap_add": _UNIQUE, "cap_drop": _UNIQUE, "cgroup_parent": TEXT,
        "cgroup": choice("host", "private"), "cpu_count": Leaf(("string", "integer"), w.number, least=0),
        "cpu_percent": Leaf(("string", "integer"), w.decimal, least=0, most=100), "cpu_period": NUMBER, "cpu_quota": NUMBER,
        "cpu_rt_period": NUMBER, "cpu_rt_runtime": NUMBER, "cpus": DECIMAL, "cpuset": TEXT, "cpu_shares": NUMBER,
        "command": COMMAND, "configs": MOUNTED_FILES,
        "container_name": Leaf(("string",), w.text, pattern="[a-zA-Z0-9][a-zA-Z0-9_.-]+"),
        "credential_spec": Fields({"config": TEXT, "file": TEXT, "registry": TEXT}), "depends_on": _DEPENDENCIES,
        "deploy": DEPLOY, "device_cgroup_rules": STRING_LIST,
        "devices": list_of(Either((TEXT, Fields({"source": TEXT, "target": TEXT, "permissions": TEXT}, required=("source",))))),
        "dns": STRING_OR_LIST, "dns_opt": _UNIQUE, "dns_search": STRING_OR_LIST, "domainname": TEXT, "entrypoint": COMMAND,
        "provider": _PROVIDER, "environment": VARIABLES, "env_file": _ENV_FILES,
        "expose": Items(printed_text("string", "number"), unique=True, writes=m.shown_texts),
        "extends": Either((TEXT, Fields({"file": TEXT, "service": TEXT}, required=("service",), extensions=False))),
        "external_links": _UNIQUE, "extra_hosts": EXTRA_HOSTS,
        "group_add": Items(printed_text("string", "number"), unique=True, writes=m.texts), "gpus": GPUS, "hostname": TEXT,
        "healthcheck": _HEALTH, "image": TEXT, "init": FLAG_KEPT, "ipc": TEXT, "isolation": TEXT, "labels": LABELS,
        "label_file": Either((TEXT, _TEXTS), writes=m.strings), "links": _UNIQUE, "logging": _LOGGING, "mem_limit": MEMORY,
        "mem_reservation": _SIZE, "memswap_limit": MEMORY, "mem_swappiness": _SIZE, "mac_address": TEXT, "models": _MODELS,
        "network_mode": TEXT, "networks": _NETWORKS, "oom_kill_disable": FLAG,
        "oom_score_adj": Leaf(("string", "integer"), w.number, least=-1000, most=1000),
        "pid": printed_text("string", "null"), "pids_limit": NUMBER, "platform": TEXT, "ports": _PORTS, "privileged": FLAG,
        "pull_policy": Leaf(("string",), w.text, pattern=_PULL), "pull_refresh_after": TEXT, "read_only": FLAG, "restart": TEXT,
        "runtime": TEXT, "scale": INTEGER_KEPT, "secrets": MOUNTED_FILES, "security_opt": _UNIQUE, "shm_size": MEMORY,
        "stdin_open": FLAG, "stop_grace_period": DURATION_KEPT, "stop_signal": TEXT,
        "storage_opt": Names(ANYTHING, ".*", writes=m.plain_map), "sysctls": PAIRS, "tmpfs": STRING_OR_LIST, "tty": FLAG,
        "ulimits": ULIMITS, "use_api_socket": PLAIN_FLAG, "user": TEXT, "userns_mode": TEXT, "uts": TEXT, "volumes": _VOLUMES,
        "volumes_from": _UNIQUE, "working_dir": TEXT, "post_start": list_of(HOOK), "pre_stop": list_of(HOOK),
    },
    always={"command": constant(None), "entrypoint": constant(None)},
    hidden=("env_file", "label_file", "pull_refresh_after"),
)  # fmt: skip
