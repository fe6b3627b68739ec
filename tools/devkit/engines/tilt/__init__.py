"""The engine that runs the platform on a local Kubernetes, built and synced by Tilt."""
