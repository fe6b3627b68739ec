"""The platform's database from the host: wait, make, migrate, seed, wipe, look."""

from devkit.database.operations import DatabaseStatus, make, migrate, seed, status, turn, wipe
from devkit.database.server import Patience, wait_for_database

__all__ = [
    "DatabaseStatus",
    "Patience",
    "make",
    "migrate",
    "seed",
    "status",
    "turn",
    "wait_for_database",
    "wipe",
]
