"""What a secret looks like that is none, or that of something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from devkit.webhooks.mistakes.model import Cause, ReceivedRequest, suspicion

__all__ = ["odd_secret"]

_PLACEHOLDER = re.compile(
    r"(your|my|the|insert|enter|put|paste|replace|add|todo|xxx+|\*{3,}|\.\.\.|changeme|change[-_ ]me|placeholder|example|dummy|secret|password|test|none|null|undefined|nil)"
    r"([-_ .]?(your|my|the|webhook|signing|client|api|app|shared|stripe|shopify|github|svix|slack|secret|token|key|here|value|goes|this|me|123|xxx+|\.\.\.))*",
    re.IGNORECASE,
)

_VARIABLE = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Z][A-Z0-9_]*|%[A-Z][A-Z0-9_]*%|\{\{.*\}\}|process\.env\.\w+|os\.environ.*|<[^>]+>"
)

# What a token begins with, what it is, and the providers whose signing secret it is.
_KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("shpat_", "an access token of Shopify's Admin API", ()),
    ("shpca_", "an access token of a custom Shopify app", ()),
    ("shppa_", "a password of a private Shopify app", ()),
    ("shpss_", "a client secret of a Shopify app", ("shopify",)),
    ("sk_test_", "an API key of Stripe", ()),
    ("sk_live_", "an API key of Stripe", ()),
    ("pk_test_", "a publishable key of Stripe", ()),
    ("pk_live_", "a publishable key of Stripe", ()),
    ("rk_test_", "a restricted key of Stripe", ()),
    ("rk_live_", "a restricted key of Stripe", ()),
    ("we_", "the id of a webhook endpoint at Stripe", ()),
    ("acct_", "the id of an account at Stripe", ()),
    ("ghp_", "a personal access token of GitHub", ()),
    ("github_pat_", "a personal access token of GitHub", ()),
    ("gho_", "an OAuth token of GitHub", ()),
    ("ghs_", "an installation token of GitHub", ()),
    ("xoxb-", "a bot token of Slack", ()),
    ("xoxp-", "a user token of Slack", ()),
    ("xapp-", "an app token of Slack", ()),
    ("whsec_", "a signing secret of Stripe, Svix or another Standard Webhooks sender", ("stripe", "standard-webhooks")),
    ("testsk_", "an API key of Svix", ()),
    ("ep_", "the id of an endpoint at Svix", ()),
    ("AKIA", "an access key id of AWS", ()),
    ("eyJ", "a JSON Web Token", ()),
    ("-----BEGIN", "a key or certificate in PEM", ()),
)  # fmt: skip


def odd_secret(request: ReceivedRequest) -> Iterator[Cause]:
    """Hints that the secret is not the one that the provider signs with."""
    secret, name = request.secret.strip().strip("\"'"), request.secret_name
    fix = f"./devkit secrets set {name}, with the signing secret that the provider shows for this webhook"
    if re.match(r"https?://", secret):
        yield suspicion("secret-is-url", f"{name} looks like a URL, not a secret", fix)
    elif _VARIABLE.fullmatch(secret):
        yield suspicion(
            "secret-is-variable", f"{name} looks like a variable that nothing replaced by its value", fix
        )
    elif _PLACEHOLDER.fullmatch(secret):
        yield suspicion("secret-is-placeholder", f"{name} looks like a placeholder of an example", fix)
    for prefix, kind, senders in _KINDS:
        if secret.startswith(prefix) and request.provider not in senders:
            whose = (
                f", not one of {request.provider}"
                if senders and request.provider
                else ", not a signing secret"
            )
            yield suspicion("secret-of-other-kind", f"{name} begins as {kind} does{whose}", fix)
            return
    if request.provider == "stripe" and not secret.startswith("whsec_"):
        yield suspicion(
            "secret-of-other-kind",
            f"{name} does not begin with `whsec_`, as each signing secret of Stripe does",
            fix,
        )
    elif re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", secret) and request.provider in (
        "shopify",
        "stripe",
    ):
        yield suspicion("secret-of-other-kind", f"{name} looks like an id (a UUID), not a secret", fix)
    if "•" in secret or re.search(r"\*{4,}|\.{3}$|…", secret):
        yield suspicion(
            "secret-is-masked", f"{name} looks like a secret that was copied while it was masked", fix
        )
