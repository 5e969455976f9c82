"""Tables and amounts as the commands print them."""

from __future__ import annotations

import math
import shutil
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 120
"""Columns where the output is no terminal: a file or a pipe."""


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, total: bool = False) -> None:
    """Print a table.

    Args:
        columns: the headings.
        rows: the cells, as texts.
        left: number of columns aligned to the left; the others, which hold numbers, are aligned to the right.
        total: set the last row apart as the sum of the others.
    """
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    cells = list(rows)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for position, name in enumerate(columns):
        table.add_column(name, justify="left" if position < left else "right", no_wrap=position >= left)
    for position, row in enumerate(cells):
        # Names and labels are text: rich would read "[...]" in them as markup.
        table.add_row(*map(escape, row), end_section=total and position == len(cells) - 2)
    # For a file or a pipe rich would take 80 columns, which cuts most rows.
    width = None if Console().is_terminal else WIDTH
    Console(highlight=False, width=width).print(table)


def beside(heading: str, text: str) -> str:
    """Return a heading and a text beside it, in a column of its own over as many lines as it needs."""
    columns = shutil.get_terminal_size((WIDTH, 24)).columns
    width, below = max(columns, len(heading) + 20), " " * len(heading)
    # Names are searched for and copied: none is split, even where the window is too narrow for it.
    wrapper = textwrap.TextWrapper(width, heading, below, break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text)


def duration(seconds: float) -> str:
    """Return a time in its largest sensible unit, e.g. "12 s", "3.7 min", "12 min", "3.2 h", "18 days"."""
    units = ((90, 1, "s"), (5400, 60, "min"), (48 * 3600, 3600, "h"), (math.inf, 86400, "days"))
    size, unit = next((size, unit) for limit, size, unit in units if seconds < limit)
    digits = 1 if unit != "s" and seconds < 10 * size else 0
    return f"{seconds / size:.{digits}f} {unit}"


def amount(size: int) -> str:
    """Return bytes in their largest sensible unit, e.g. "170.5 MB"."""
    from rich.filesize import decimal

    return decimal(size)
