"""Webhooks as the providers send them: built from a repository's payloads, signed, delivered."""
