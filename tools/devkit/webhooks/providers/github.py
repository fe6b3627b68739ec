"""GitHub: the event is in a header, what happened to it under the body's `action`.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from signatures import scheme

from devkit.webhooks.provider import GenerationContext, Payload, Provider

__all__ = ["GITHUB"]

_HOOK, _REPOSITORY = "292430182", "79929171"
_TOPICS = [
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "code_scanning_alert",
    "commit_comment",
    "create",
    "delete",
    "dependabot_alert",
    "deployment",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "installation",
    "installation_repositories",
    "issue_comment",
    "issues",
    "label",
    "member",
    "merge_group",
    "meta",
    "milestone",
    "organization",
    "package",
    "page_build",
    "ping",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "registry_package",
    "release",
    "repository",
    "repository_dispatch",
    "repository_vulnerability_alert",
    "secret_scanning_alert",
    "security_advisory",
    "sponsorship",
    "star",
    "status",
    "team",
    "team_add",
    "watch",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
]


def _headers(topic: str, moment: GenerationContext) -> Mapping[str, str]:
    return {
        "Accept": "*/*",
        "User-Agent": f"GitHub-Hookshot/{moment.random.getrandbits(28):07x}",
        "X-GitHub-Delivery": str(UUID(int=moment.random.getrandbits(128), version=1)),
        "X-GitHub-Event": topic,
        "X-GitHub-Hook-ID": _HOOK,
        "X-GitHub-Hook-Installation-Target-ID": _REPOSITORY,
        "X-GitHub-Hook-Installation-Target-Type": "repository",
    }


def _freshen(topic: str, payload: Payload, moment: GenerationContext) -> Payload:
    """A push has a new commit at its end; what else there is keeps its ids."""
    commit = payload.get("head_commit")
    if topic != "push" or not isinstance(commit, dict):
        return payload
    after = f"{moment.random.getrandbits(160):040x}"
    head = {**commit, "id": after, "timestamp": moment.now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    fresh: Payload = {**payload, "after": after, "head_commit": head}
    commits = payload.get("commits")
    if isinstance(commits, list) and commits:
        fresh["commits"] = [*commits[:-1], head]
    return fresh


# A delivery that fails is not tried again, unless somebody asks for it.
GITHUB = Provider(
    "github",
    scheme("github"),
    _headers,
    _freshen,
    lambda headers, _: headers.get("x-github-event", ""),
    topics=tuple(_TOPICS),
    timeout=10.0,
    form_field="payload",
)
