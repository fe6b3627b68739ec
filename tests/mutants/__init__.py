"""Mutation testing of what must not be wrong unnoticed; docs/mutants.md says how it is run and what survives."""
