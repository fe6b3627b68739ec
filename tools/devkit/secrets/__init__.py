"""Development secrets: `k8s/dev/secret.yaml`, made from the table, private, never overwritten."""

from devkit.secrets.file import ensure_secrets, read_secrets, require_known, secret_file, set_secret
from devkit.secrets.inspect import inspect_secrets

__all__ = ["ensure_secrets", "inspect_secrets", "read_secrets", "require_known", "secret_file", "set_secret"]
