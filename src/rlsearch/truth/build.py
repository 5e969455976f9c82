"""Trains the rows of a truth table, in parts that can be interrupted, and joins them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from rlsearch import provenance
from rlsearch.contents import MEMORY, content_digest
from rlsearch.data.archive import npz
from rlsearch.data.digest import data_digest
from rlsearch.data.fetch import contents
from rlsearch.files import digest, pretty_json, write_atomic
from rlsearch.seeds import child_seed
from rlsearch.spaces.base import Actions, representatives
from rlsearch.training.forward_flops import training_flops
from rlsearch.training.loop import measure
from rlsearch.training.scope import child_scope
from rlsearch.training.tries import build_and_fit
from rlsearch.truth import tree
from rlsearch.truth.recipe import Recipe
from rlsearch.truth.stored import Arrays
from rlsearch.truth.table import PARTS, Integers

WORK = Path(".rlsearch/truth")


def column_seed(number: int) -> int:
    """Return the seed of a column whose rows train the same network in different ways.

    All of them begin with the same weights and meet the images in the same order, over all tables of this kind.
    """
    return child_seed("training", "search", "column", number, 0)


def fetch(recipe: Recipe, root: Path = Path(".")) -> Path:
    """Write the table's dataset into the work folder, unless it is there, and return that folder."""
    source: Any = recipe.dataset.model_dump(mode="json")
    if recipe.dataset.own_data:
        # A user's own data are known by their content: the same path may hold other pictures by now.
        source = [source, content_digest(root / recipe.dataset.own_data, root / MEMORY)]
    home = root / WORK / recipe.name / "data" / digest(source)[:12]
    if not (home / "manifest.json").exists():
        for name, data in contents(recipe.dataset, root)[0].items():  # the manifest last
            write_atomic(home / name, data)
    return home


def train_row(recipe: Recipe, data: Path, index: int, number: int) -> tuple[Arrays, int, int]:
    """Train network `index` with seed `number`; return {part: (metrics, epochs)}, parameters and FLOPs.

    A measurement after an epoch that diverged is NaN. Of a training that began again its last try is measured.
    """
    space = recipe.made_space
    spec = space.decode(_candidates(recipe)[index])
    if space.stepwise:
        return tree.train_row(recipe, data, spec, column_seed(recipe.first_seed + number))
    seed = child_seed(recipe.name, "search", space.key(spec), recipe.first_seed + number, 0)
    task = tree.task_of(recipe, data)
    validation = task.data[1]
    measured = {"validation": validation, "test": task.kind.load(data / "test.npz")}
    metrics = {part: np.full((len(recipe.recorded), len(recipe.epochs)), np.nan, np.float32) for part in PARTS}
    # One thread on every machine: sums that are divided otherwise end in other last bits.
    with child_scope(seed, task.device, 1):

        def note(model: nn.Module, epoch: int) -> None:
            if epoch in recipe.epochs:
                for part in PARTS:
                    values = measure(model, measured[part], task.settings)
                    metrics[part][:, recipe.epochs.index(epoch)] = [
                        values[recorded.metric] for recorded in recipe.recorded
                    ]

        model, progress = build_and_fit(spec, task, seed, validation, after_epoch=note)
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    samples = progress.spent[1]
    flops = training_flops(task.forward_flops(model, spec), samples) * task.settings.optimizer.passes
    return metrics, parameters, flops


def rows(recipe: Recipe, start: int, stop: int, path: Path, root: Path = Path(".")) -> None:
    """Train networks start..stop-1 with every seed and write their rows to `path`; of a tree, all with these seeds."""
    # Processor time, so that other work on the machine does not count.
    data, began = fetch(recipe, root), time.process_time()
    train = _columns_of_tree if recipe.made_space.closed_loop else _rows
    values, costs = train(recipe, start, stop, data)
    write_atomic(path, npz({**values, "costs": costs, "seconds": np.float64(time.process_time() - began)}))


def _columns_of_tree(recipe: Recipe, start: int, stop: int, data: Path) -> tuple[Arrays, Integers]:
    grown = [tree.grow(recipe, data, column_seed(recipe.first_seed + number)) for number in range(start, stop)]
    values = {part: np.stack([columns[part] for columns, _ in grown], axis=1) for part in PARTS}
    return values, np.max([costs for _, costs in grown], axis=0)


def _rows(recipe: Recipe, start: int, stop: int, data: Path) -> tuple[Arrays, Integers]:
    shape = (stop - start, recipe.seeds, len(recipe.recorded), len(recipe.epochs))
    values = {part: np.empty(shape, np.float32) for part in PARTS}
    costs = np.zeros((stop - start, 2), np.int64)
    for offset in range(stop - start):
        for number in range(recipe.seeds):
            metrics, *cost = train_row(recipe, data, start + offset, number)
            costs[offset] = np.maximum(costs[offset], cost)  # a training that diverged ended early
            for part in PARTS:
                values[part][offset, number] = metrics[part]
    return dict(values), costs


def join(recipe: Recipe, paths: Sequence[Path], root: Path = Path(".")) -> None:
    """Join all rows, in order, into validation.npz, test.npz and table.json in the work folder.

    `make truth-table` copies them over the recorded ones, which would else count as made already.
    """
    of_tree = recipe.made_space.closed_loop
    loaded = [dict(np.load(path, allow_pickle=False)) for path in paths]
    # Jobs train the columns of a tree, which share their trunk, but the rows of any other table.
    parts = {part: np.concatenate([arrays[part] for arrays in loaded], axis=int(of_tree)) for part in PARTS}
    costs_of = [arrays["costs"] for arrays in loaded]
    costs = np.max(costs_of, axis=0) if of_tree else np.concatenate(costs_of)
    home, files = root / WORK / recipe.name, {}
    for part in PARTS:
        measured: Arrays = {recorded.name: parts[part][:, :, number] for number, recorded in enumerate(recipe.recorded)}
        common = {"epochs": np.asarray(recipe.epochs), "parameters": costs[:, 0], "flops": costs[:, 1]}
        files[part] = npz({**measured, **common}, compressed=True)
    for part, content in files.items():
        write_atomic(home / f"{part}.npz", content)
    seconds = sum(float(arrays["seconds"]) for arrays in loaded)
    write_atomic(home / "table.json", pretty_json(_about(recipe, parts, seconds, fetch(recipe, root))))


def _candidates(recipe: Recipe) -> list[Actions]:
    if recipe.name not in _CANDIDATES:
        _CANDIDATES[recipe.name] = list(representatives(recipe.made_space))
    return _CANDIDATES[recipe.name]


# Once in a process: every row would walk through the whole space again.
_CANDIDATES: dict[str, list[Actions]] = {}


def _about(recipe: Recipe, parts: Arrays, seconds: float, data: Path) -> dict[str, Any]:
    return {
        "recipe": recipe.model_dump(mode="json"),
        "networks": len(parts["test"]),
        "trainings": int(parts["test"].shape[0] * parts["test"].shape[1]),
        "diverged": int(np.isnan(parts["test"][:, :, 0, -1]).sum()),
        "core_seconds": round(seconds),
        "data": data_digest([data / f"{name}.npz" for name in ("train", "validation", "test")]),
        **provenance.machine(),
        "torch": version("torch"),
        "child_threads": 1,
    }
