"""Parts of texts as files: arrays that are read back, or one message says that this is no such file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.data.archive import BROKEN
from rlsearch.errors import DataError
from rlsearch.files import npz_fault


def arrays(path: Path, dimensions: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    """Read arrays by name, each of so many dimensions and none of them empty.

    Raises:
        DataError: the file is missing or not such a file.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = {name: file[name] for name in dimensions}
        if any(array.ndim != dimensions[name] or not array.size for name, array in found.items()):
            raise ValueError("its arrays are no text")
    except BROKEN as error:
        raise DataError(
            f"cannot read a part of a text: {npz_fault(error)}",
            where=str(path),
            remedy="delete the folder and fetch the dataset again",
        ) from None
    return found
