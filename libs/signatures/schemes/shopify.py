"""Shopify: base64 HMAC-SHA256 of the raw body with the app's client secret."""

from signatures.generic import Generic

__all__ = ["SCHEME"]

# Newer apps also get the unprefixed form of every header.
SCHEME = Generic("X-Shopify-Hmac-Sha256", encoding="base64", aliases=("shopify-hmac-sha256",))
