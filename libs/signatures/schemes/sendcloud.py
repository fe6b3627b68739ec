"""Sendcloud: hexadecimal HMAC-SHA256 of the raw body with the API's secret key."""

from signatures.generic import Generic

__all__ = ["SCHEME"]

SCHEME = Generic("Sendcloud-Signature")
