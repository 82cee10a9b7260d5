"""Attacks mounted by programs: each did what its docstring says until it was stopped, and fails now."""
