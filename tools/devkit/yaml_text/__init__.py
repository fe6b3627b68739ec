"""YAML files as people write them: read with care, and every mistake with its place."""
