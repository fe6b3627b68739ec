"""The local engine: Postgres and Redis from wheels, services as processes, one supervisor per clone."""
