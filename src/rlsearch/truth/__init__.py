"""Truth tables: every network of a small space, trained many times, so that searches can be judged exactly.

`load` is the way in; docs/truth-table.md has examples.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlsearch.truth.table import TruthTable


def load(name: str, part: str = "validation", root: Path | str | None = None) -> TruthTable:
    """Return a truth table as arrays, with its networks as specs in the order of the rows.

    Args:
        name: a folder of `results/reference`, such as "rl-nas-1296".
        part: "validation", which searches may read, or "test", which judges their answers and nothing else.
        root: the project folder; by default the working directory where it holds the table, else the folder in which
            the package's sources lie.

    Raises:
        SettingsError: no such table, or a recipe that is not valid.
        DataError: a file is missing, damaged, or does not fit the recipe.
    """
    from rlsearch.truth import recipe
    from rlsearch.truth.table import TruthTable

    return TruthTable.load(name, part, recipe.home(name) if root is None else Path(root))
