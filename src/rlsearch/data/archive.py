"""The .npz files that are known by their bytes: datasets and truth tables."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

BROKEN = (
    *(OSError, EOFError, LookupError, TypeError, ValueError, AttributeError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What reading a damaged npz file may raise: each was seen with one bit flipped, or the file cut short."""


def npz(arrays: Mapping[str, Any], *, compressed: bool = False) -> bytes:
    """Return an .npz archive of named arrays whose bytes depend on nothing but them.

    `numpy.savez` writes its members in the form for more than 4 GB, which Python 3.11.4 began to write otherwise: the
    same dataset would have another digest on Debian 12. Members carry the year 1980 and no owner.

    Args:
        arrays: each is what `numpy.load` of the file gives under its name. None may hold objects.
        compressed: by zlib, whose version then has a say in the bytes.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), kind)
    return buffer.getvalue()
