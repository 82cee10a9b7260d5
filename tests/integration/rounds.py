"""How often two people are let race for one thing, or a process is killed in the middle of one."""

import os


def rounds(usual: int) -> int:
    """So many rounds in the daily suite; `RACE_ROUNDS=200 make pytest` runs 200 of every race, as evidence."""
    return int(os.environ.get("RACE_ROUNDS", usual))
