"""Benchmarks: our own speed beside that of others, on the same data in the same run."""
