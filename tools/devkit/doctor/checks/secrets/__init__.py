"""k8s/dev/secret.yaml."""
