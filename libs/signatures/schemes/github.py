"""GitHub: hexadecimal HMAC-SHA256 of the raw body with the webhook's secret, behind `sha256=`.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from signatures.generic import Generic

__all__ = ["SCHEME"]

# Its older header with SHA-1, X-Hub-Signature, comes along for receivers of old; it proves nothing here.
SCHEME = Generic("X-Hub-Signature-256", prefix="sha256=")
