"""The Kubernetes cluster that kubectl points at."""
