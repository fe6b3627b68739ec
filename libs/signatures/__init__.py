"""Webhook signature schemes: one protocol, one small module per provider. Standard library only.

>>> from signatures import scheme
>>> shopify = scheme("shopify")
>>> headers = shopify.sign("secret", b"{}")
>>> shopify.verify("secret", b"{}", headers)
True
"""

from signatures.generic import Generic
from signatures.protocol import BlankSecret, Scheme
from signatures.registry import UnknownScheme, names, scheme

__all__ = ["BlankSecret", "Generic", "Scheme", "UnknownScheme", "names", "scheme"]
