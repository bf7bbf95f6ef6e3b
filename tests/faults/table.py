"""The table of faults: what was done, and what came of it. `make faults` prints it and writes it to var/faults.md."""

import os
from pathlib import Path

FULL = os.environ.get("FAULTS") == "full"
FILE = Path(__file__).parents[2] / "var" / "faults.md"
COLUMNS = [
    "fault",
    "set-up",
    "sent",
    "acknowledged",
    "lost",
    "doubled",
    "out of order",
    "time to converge",
    "remarks",
]


def size(*, short, full):
    """How much of something: the short form belongs to every run of the tests, the full one to `make faults`."""
    return full if FULL else short


class Table:
    def __init__(self):
        self.rows = []

    def add(self, fault, setup, verdict=None, converged=None, remarks=()):
        """Add a row. To be called before the figures are checked, so that a row that fails is seen as well."""
        figures = ["", "", "", "", ""]
        if verdict:
            faults = (verdict.lost, verdict.doubled, verdict.out_of_order)
            figures = [verdict.sent, verdict.acknowledged, *(len(found) for found in faults)]
        if verdict and verdict.unequal:
            time = f"never ({len(verdict.unequal)} pages)"
        else:
            time = "" if converged is None else f"{converged:.1f} s"
        self.rows.append([fault, setup, *figures, time, "; ".join(remarks)])

    def markdown(self):
        lines = [COLUMNS, ["---"] * 2 + ["--:"] * 6 + ["---"], *self.rows]
        return "".join(f"| {' | '.join(format_cell(cell) for cell in line)} |\n" for line in lines)


def format_cell(cell):
    return f"{cell:,}" if isinstance(cell, int) else cell
