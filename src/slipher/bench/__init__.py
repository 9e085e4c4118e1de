"""Benchmarks that the installed package can run: ratios, each measured in one run on one machine."""
