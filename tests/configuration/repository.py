"""A repository with a gateway, a simulator of development alone, a page, what they share, and a Dockerfile."""

from __future__ import annotations

from pathlib import Path

TABLE = """
version: 1
name: shop
namespace: shop-dev
image_prefix: shop
shared: [libs]
config:
  LOG_LEVEL: {default: debug, about: How much is logged.}
secrets:
  DB_PASSWORD: {default: dev, about: The database's.}
  API_KEY: {generate: 32, about: Proves who calls.}
services:
  db: {type: postgres, image: "postgres:16", port: 5432, database: shop, user: shop, password: DB_PASSWORD, storage: 1Gi}
  gateway:
    type: python
    port: 3000
    debug_port: 9229
    probes: {live: /live, ready: /ready}
    needs: [db]
    calls: [sim]
    env:
      PAGE_SIZE: {default: "20", about: How many orders a page shows.}
    secrets: [API_KEY]
  sim:
    type: python
    port: 3001
    debug_port: 9230
    probes: {live: /live, ready: /ready}
  page:
    type: vite
    port: 4200
    calls: [gateway]
    env:
      VITE_API_URL: {public: gateway, about: Where the API is.}
"""
FILES = {
    "dev/services.yaml": TABLE,
    "libs/common/settings.py": """
from pydantic_settings import BaseSettings

class PlatformSettings(BaseSettings):
    log_level: str
    app_port: int = 0
""",
    "apps/gateway/src/gateway/settings.py": """
import os
from common.settings import PlatformSettings

class Settings(PlatformSettings):
    database_url: str
    sim_url: str
    page_size: int

KEY = os.environ["API_KEY"]
""",
    "apps/sim/src/sim/main.py": "import os\nDEBUG = os.environ.get('DEVKIT_CLONE')\n",
    "apps/page/src/main.ts": "const Config = object({ VITE_API_URL: string() });\n",
    "docker/service.Dockerfile": "FROM python:3.11\nARG SERVICE\nENV SERVICE=$SERVICE\nEXPOSE 3000\n",
    "docker/serve.py": "import os\nrun(os.environ['SERVICE'], int(os.environ['APP_PORT']))\n",
}


def write(root: Path, changes: dict[str, str]) -> Path:
    """The repository, with these files replaced or added. Returns its root."""
    for path, text in {**FILES, **changes}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root
