"""The only door: verifies webhooks, serves the API and the live events."""
