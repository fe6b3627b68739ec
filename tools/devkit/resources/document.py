"""An observation as JSON (version 2), and read back: so a picture can be drawn again from the same samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from devkit import __version__
from devkit.base.errors import DevkitError, ExitCode
from devkit.findings.formats import render_json
from devkit.findings.report import Report
from devkit.model import Resources
from devkit.resources.figures import Figures
from devkit.resources.judge import Judged
from devkit.resources.model import Observation, Phase, Sample, Sent

__all__ = ["VERSION", "read_document", "render_document"]

VERSION = 2
_READ = (1, VERSION)  # in the first a finding's fix is its `mend`, which is not read


def render_document(found: Observation, judged: Sequence[Judged], report: Report) -> str:
    """Everything. CPU in cores, memory in bytes, times in seconds since `began`; docs/resources.md explains each key."""
    findings = json.loads(render_json(report))
    document = {
        "version": VERSION,
        "tool": {"name": "devkit", "version": __version__},
        "command": report.command,
        "engine": found.engine,
        "source": found.source,
        "period": found.period,
        "began": found.began,
        "interrupted": found.interrupted,
        "machine": {"cores": found.cores, "memory": found.memory},
        "phases": [{"name": p.name, "begin": p.begin, "end": p.end} for p in found.phases],
        "load": _sent(found.sent),
        "services": [_service(one) for one in judged],
        "absent": dict(found.absent),
        "missed": dict(found.missed),
        "restarts": dict(found.restarts),
        "findings": findings["findings"],
        "suppressed": findings["suppressed"],
        "samples": [_sample(sample) for sample in found.samples],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _sent(sent: Sent | None) -> dict[str, Any] | None:
    if sent is None:
        return None
    return {
        "topics": list(sent.topics),
        "rate": sent.rate,
        "sent": sent.total,
        "accepted": sent.accepted,
        "results": dict(sent.results),
    }


def _service(one: Judged) -> dict[str, Any]:
    return {
        "name": one.service.name,
        "instances": one.use.instances,
        "cpu": _figures(one.use.cpu, 6),
        "memory": _figures(one.use.memory, 0),
        "share": one.use.share,
        "throttled": one.use.throttled,
        "development": _resources(one.development),
        "staging": _resources(one.staging),
        "proposed": _resources(one.proposed),
        "change": _resources(one.change),
    }


def _figures(figures: Figures | None, digits: int) -> dict[str, Any] | None:
    if figures is None:
        return None
    return {
        "samples": figures.count,
        "idle": None if figures.idle is None else _rounded(figures.idle, digits),
        "p50": _rounded(figures.p50, digits),
        "p95": _rounded(figures.p95, digits),
        "max": _rounded(figures.maximum, digits),
    }


def _rounded(value: float, digits: int) -> float | int:
    return round(value, digits) if digits else round(value)


def _resources(resources: Resources) -> dict[str, dict[str, str]]:
    return {"requests": dict(resources.requests), "limits": dict(resources.limits)}


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "service": sample.service,
        "instance": sample.instance,
        "at": sample.at,
        "cpu": sample.cpu,
        "memory": sample.memory,
        "share": sample.share,
        "throttled": sample.throttled,
    }


def read_document(text: str, name: str) -> Observation:
    """The observation in a document that `--json` wrote. Raises DevkitError (exit 2) for anything else."""
    try:
        document: Mapping[str, Any] = json.loads(text)
        if document["version"] not in _READ:
            raise DevkitError(
                f"{name} is of version {document['version']}; this devkit reads {' and '.join(map(str, _READ))}",
                exit_code=ExitCode.USAGE,
            )
        load = document["load"]
        return Observation(
            engine=document["engine"],
            source=document["source"],
            began=document["began"],
            period=float(document["period"]),
            cores=int(document["machine"]["cores"]),
            memory=int(document["machine"]["memory"]),
            phases=tuple(Phase(**phase) for phase in document["phases"]),
            samples=tuple(Sample(**sample) for sample in document["samples"]),
            sent=Sent(tuple(load["topics"]), load["rate"], load["accepted"], load["results"])
            if load
            else None,
            absent=document["absent"],
            missed=document["missed"],
            restarts=document["restarts"],
            interrupted=bool(document["interrupted"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise DevkitError(
            f"{name} is not an observation ({type(problem).__name__})",
            fix="./devkit resources observe --json > FILE writes one",
            exit_code=ExitCode.USAGE,
        ) from None
