"""What every benchmark prints: rows of goal and measurement under one line about the machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from rlsearch import provenance


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        name: what was measured; unit: of `value`.
        value: the number that counts, or None where this machine cannot be asked (`note` says why).
        goal: what it has to reach, or None for a number that only explains others.
        at_least: the goal is a lower bound; otherwise an upper one.
        note: spread, or how it was measured.
    """

    name: str
    value: float | None
    unit: str
    goal: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the goal is met; None where there is nothing to meet."""
        if self.goal is None or self.value is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "goal": self.goal,
            "at_least": self.at_least,
            "passed": self.passed,
            "note": self.note,
        }

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return name, goal, measurement, verdict and note as text."""
        goal = "" if self.goal is None else f"{'>=' if self.at_least else '<='} {self.goal:g} {self.unit}"
        value = "-" if self.value is None else f"{_short(self.value)} {self.unit}"
        verdict = {True: "pass", False: "MISSED", None: ""}[self.passed]
        return self.name, goal, value, verdict, self.note


def machine(device: str, threads: int) -> dict[str, Any]:
    """Return what a reader needs to compare numbers with those of another machine."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        **provenance.machine(),
        "cores": os.cpu_count(),
        "load": None if load is None else round(load, 1),
        "device": device,
        "threads": threads,
        "torch": version("torch"),
    }


def show(rows: Sequence[Row], about: dict[str, Any]) -> str:
    """Return the table as text."""
    lines = [("measured", "goal", "value", "", ""), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    table = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
    hardware = (
        f"{about['cpu']}, {about['cores']} cores (load {about['load']} at the start), device {about['device']}, "
        f"torch {about['torch']}, threads of a child: {about['threads']}"
    )
    return f"{hardware}\n\n{table}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
