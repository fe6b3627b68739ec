"""Rules for Compose files that are to run several copies, to be rolled, and to move to Kubernetes one day."""
