"""The only public entry: verifies webhooks, serves the API and the live events."""
