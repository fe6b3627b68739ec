"""GitHub: hexadecimal HMAC-SHA256 of the raw body with the webhook's secret, behind `sha256=`.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from signatures.generic import Generic

__all__ = ["SCHEME"]

# GitHub still sends X-Hub-Signature (SHA-1) for old receivers; it is not accepted here.
SCHEME = Generic("X-Hub-Signature-256", prefix="sha256=")
