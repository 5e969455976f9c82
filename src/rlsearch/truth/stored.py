"""The files of a truth table: read, and held against its recipe."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.config import artefacts
from rlsearch.errors import DataError
from rlsearch.files import npz_fault
from rlsearch.spaces.closed_loop import ClosedLoop, loop_of
from rlsearch.truth.recipe import Recipe

Arrays = dict[str, NDArray[Any]]

DAMAGED = (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error)
"""What reading a file may raise that is no such file, or no longer."""
COSTS = ("parameters", "flops")


def file(name: str, part: str, root: Path = Path(".")) -> Path:
    """Return the file of a part of a table."""
    return root / artefacts.table_folder(name) / f"{part}.npz"


def training_costs(name: str, root: Path = Path(".")) -> NDArray[np.int64] | None:
    """Return the FLOPs (networks,) of one full training of each row; None where the table's file cannot be read."""
    try:
        with np.load(file(name, "validation", root), allow_pickle=False) as stored:
            flops = stored["flops"].astype(np.int64)
    except DAMAGED:
        return None
    return flops if flops.size and flops.min() > 0 else None


def read(recipe: Recipe, path: Path) -> Arrays:
    """Return the arrays of a part by name.

    Raises:
        DataError: the file is missing, damaged, or does not fit the recipe.
    """
    arrays = _read(recipe, path)
    _fits(recipe, arrays, path)
    if isinstance(recipe.made_space, ClosedLoop):
        _rows_in_order(recipe, arrays, path)
    return arrays


def _read(recipe: Recipe, path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in (*(measure.name for measure in recipe.recorded), "epochs", *COSTS)}
    except FileNotFoundError:
        raise DataError(
            "this part of the truth table is not there",
            where=str(path),
            remedy="it comes with the project; `make truth-table` trains it anew (about 1.5 hours of processor time)",
        ) from None
    except DAMAGED as error:
        raise DataError(
            f"this file of a truth table cannot be read: {npz_fault(error)}",
            where=str(path),
            remedy="take it from the project's repository again",
        ) from None


def _rows_in_order(recipe: Recipe, arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Raise a DataError unless each schedule costs what its optimizers cost: rows in another order would not."""
    space = loop_of(recipe.made_space)
    passes = np.array([space.price(actions) for actions in space.enumerate()])
    whole = arrays[recipe.recorded[0].name][:, :, -1]
    # Every pass costs the same, so the quotient is one number where rows and schedules are in the same order.
    unit = arrays["flops"] / passes
    if np.isfinite(whole).all() and not np.allclose(unit, unit[0]):
        raise DataError(
            "the costs of these schedules are not those of their optimizers",
            where=str(path),
            allowed="rows in the order of the space's enumerate",
            remedy="take the file from the project's repository again",
        )


def _fits(recipe: Recipe, arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Raise a DataError unless shapes and epochs are the recipe's."""
    size = recipe.rows
    whole, row = (size, recipe.seeds, len(recipe.epochs)), (size,)
    names = (measure.name for measure in recipe.recorded)
    wanted = dict.fromkeys(names, whole) | dict.fromkeys(COSTS, row) | {"epochs": (len(recipe.epochs),)}
    for key, shape in wanted.items():
        if arrays[key].shape != shape:
            raise DataError(
                f"`{key}` has the shape {arrays[key].shape}", where=str(path), allowed=f"{shape}, as the recipe says"
            )
    if arrays["epochs"].tolist() != list(recipe.epochs):
        raise DataError(
            f"the table was measured after epochs {arrays['epochs'].tolist()}",
            where=str(path),
            allowed=f"{list(recipe.epochs)}, as the recipe says",
        )
