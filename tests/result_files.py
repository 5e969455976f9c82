"""Reads the files of a run as plain values that can be compared: by line, column and key, and tensor by tensor."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch


def read(path: Path) -> Any:
    """Return what a file holds: nested mappings, lists, numbers, text, arrays.

    Lines are keys ("line 2"), and so are columns, whose order does not count. Of a file that is made for eyes (a page,
    a figure) nothing is read: None.
    """
    reader = READERS.get(path.suffix)
    return None if reader is None else reader(path)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> dict[str, Any]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {f"line {number}": json.loads(line) for number, line in enumerate(lines, start=1)}


def _table(path: Path) -> dict[str, dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    assert len(set(header)) == len(header), f"{path}: a column stands there twice"
    cells = [dict(zip(header, map(_cell, row), strict=True)) for row in rows]
    return {"line 1": {name: name for name in header}} | {f"line {i}": row for i, row in enumerate(cells, start=2)}


def _cell(text: str) -> Any:
    """Return a number, a truth value, JSON (specs), text, or None for an empty cell."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in "{[":
        try:
            return json.loads(text)
        except ValueError:
            return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _tensors(path: Path) -> dict[str, Any]:
    state = torch.load(path, map_location="cpu", weights_only=True)
    return {name: _array(tensor) for name, tensor in state.items()}


def _array(tensor: torch.Tensor) -> np.ndarray:
    """Return a tensor as an array; numpy has no bfloat16, all of whose numbers float32 has."""
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


WORDS = {"": None, "True": True, "False": False}
READERS: dict[str, Callable[[Path], Any]] = {".json": _json, ".jsonl": _lines, ".csv": _table, ".pt": _tensors}
