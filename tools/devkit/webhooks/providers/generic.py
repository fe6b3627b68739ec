"""Providers that the repository's table describes: whatever is particular about them is in its settings."""

from __future__ import annotations

from collections.abc import Mapping

from signatures import Generic

from devkit.model import WebhookProvider
from devkit.webhooks.provider import GenerationContext, Payload, Provider
from devkit.webhooks.spelling import SPELLINGS

__all__ = ["described"]


def described(row: WebhookProvider) -> Provider:
    """The provider that a row of `webhook_providers` describes."""
    scheme = Generic(
        row.header, row.algorithm, row.encoding, row.prefix,
        timestamp_header=row.timestamp_header, tolerance=row.tolerance, id_header=row.id_header, signed=row.signed,
    )  # fmt: skip

    def headers(topic: str, _: GenerationContext) -> Mapping[str, str]:
        return {row.topic_header: topic} if row.topic_header else {}

    def freshen(topic: str, payload: Payload, _: GenerationContext) -> Payload:
        return {**payload, row.topic_key: topic} if row.topic_key else payload

    def topic_of(given: Mapping[str, str], payload: Payload) -> str:
        return given.get(row.topic_header.lower(), "") or str(payload.get(row.topic_key, ""))

    return Provider(
        row.name, scheme, headers, freshen, topic_of,
        timeout=row.timeout, retries=row.retries, spelling=SPELLINGS[row.spelling],
    )  # fmt: skip
