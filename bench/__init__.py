"""Measurements. Each module has `measure() -> Section`; `./devkit bench` runs them and writes docs/benchmarks.md.

Figures that are compared come from the same run, alternating, and are reported as a ratio of medians.
"""
