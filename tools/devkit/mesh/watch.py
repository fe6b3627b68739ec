"""Looking on while Helm installs, and what is said when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from devkit.base.errors import DevkitError
from devkit.base.proc import Answer
from devkit.cluster.client import Cluster
from devkit.mesh.helm import Helm, Release, reason
from devkit.mesh.wanted import Wanted
from devkit.mesh.workloads import Held, Workload, held_back, last_words, workloads

__all__ = ["Say", "Watch", "checked", "failure"]

Say = Callable[[str], None]


@dataclass
class Watch:
    """What held the installation back, as last seen: Helm takes the evidence away with everything else."""

    cluster: Cluster
    helm: Helm
    wanted: Wanted
    say: Say
    waiting: dict[Workload, Held] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    _known: list[Workload] = field(default_factory=list)

    def look(self) -> None:
        """Called while Helm works."""
        try:
            if not self._known:
                release = self.wanted.release
                found = self.helm.release(release.release, release.namespace)
                if found is None or found.status == "deployed":
                    return
                self._known = workloads([found.manifest, *found.install_hooks], release.namespace)
            waiting = held_back(self.cluster, self._known)
        except DevkitError:
            return  # the cluster has no time for us; Helm says so itself if it lasts
        if not any(held.pods for held in waiting.values()):
            return  # not made yet, or taken back already
        self.waiting = waiting
        first, held = next((each, held) for each, held in waiting.items() if held.pods)
        self.say(f"{first}: {held.why}")
        for workload, held in waiting.items():
            for pod in held.pods:
                if any(word in pod.reason for word in ("crash", "exit code", "BackOff", "Error")):
                    self.words[pod.name] = last_words(self.cluster, workload, pod) or self.words.get(
                        pod.name, []
                    )

    def lines(self) -> list[str]:
        """Why each workload is not ready, with what its container wrote."""
        found: list[str] = []
        for workload, held in self.waiting.items():
            found.append(f"{workload}: {held.why}")
            found += [f"    {line}" for pod in held.pods for line in self.words.get(pod.name, ())]
        return found


def failure(answer: Answer, wanted: Wanted, watch: Watch, before: Release | None) -> DevkitError:
    """The error for an installation that Helm gave up, with what was seen meanwhile."""
    lines = "".join(f"\n    {line}" for line in watch.lines())
    after = f"it is back at revision {before.revision}" if before else "everything was rolled back"
    return DevkitError(
        f"{wanted.named} is not installed: {reason(answer)}{lines}", fix=f"{after}. {_fix(answer, wanted)}"
    )


def checked(answer: Answer, wanted: Wanted) -> Answer:
    """The answer. Raises DevkitError (exit 1) when it is a failure."""
    if answer.code:
        raise DevkitError(f"{wanted.named} is not installed: {reason(answer)}", fix=_fix(answer, wanted))
    return answer


def _fix(answer: Answer, wanted: Wanted) -> str:
    said = answer.err
    if "cannot be imported into the current release" in said:
        return "another release, or a person, made that object: remove it there first"
    if "not found in" in said or "no chart version found" in said or "no chart name found" in said:
        return (
            f"does the repository have version {wanted.release.version}? It stands at {wanted.release.place}"
        )
    if (
        "cannot be reached" in said
        or "dial tcp" in said
        or "no such host" in said
        or "Client.Timeout" in said
    ):
        return "without a network: ./devkit mesh install --chart FILE, with the chart's .tgz"
    if "timed out" in said or "deadline exceeded" in said:
        return f"more time: --timeout SECONDS (it had {wanted.timeout})"
    if "no such file" in said or "Chart.yaml" in said:
        return "--chart names a chart's .tgz or its folder"
    return "helm's output is above"
