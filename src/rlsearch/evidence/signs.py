"""Signs of "learning" that a search shows, beside the share of searches without anything to learn that show them too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rlsearch.config.models import Params
from rlsearch.evidence import tables
from rlsearch.evidence.statistics import proportion_interval

SETTLED_SD = 0.15
"""A search whose last quarter of actions spreads less than this looks as if it had converged (Yaman & Shondhani 2025)."""
SOURCE_BAND = (1.1, 1.4)
"""Where the search of Yaman & Shondhani 2025 ended."""

Numbers = Mapping[str, float | None]
NUMBERS = ("last_sd", "last_mean", "reward_gain")


def quarter(count: int) -> int:
    """Return how many trials the first and the last quarter of a search hold (at least 1)."""
    return max(1, count // 4)


def settling(actions: ArrayLike, rewards: ArrayLike) -> dict[str, Any]:
    """Return the three numbers from which the signs are read; works on one search or on many at once.

    Args:
        actions: shape (..., trials), the first decision of each trial.
        rewards: shape (..., trials).

    Returns:
        Arrays of shape (...): `last_sd` (population standard deviation of the actions in the last quarter),
        `last_mean` (their mean), `reward_gain` (mean reward of the last quarter minus that of the first).
    """
    a, r = np.asarray(actions, dtype=np.float64), np.asarray(rewards, dtype=np.float64)
    size = quarter(a.shape[-1])
    return {
        "last_sd": a[..., -size:].std(axis=-1),
        "last_mean": a[..., -size:].mean(axis=-1),
        "reward_gain": r[..., -size:].mean(axis=-1) - r[..., :size].mean(axis=-1),
    }


def search_numbers(root: Path, study: str, agent: str, seeds: int) -> list[dict[str, Any]]:
    """Return `seed`, `trials` and the three numbers of every finished search."""
    found = []
    for seed in range(seeds):
        ledger = tables.trials(root, study, agent, seed)
        if ledger and tables.summary(root, study, agent, seed) is not None:
            values = settling([trial["actions"][0] for trial in ledger], [trial["reward"] for trial in ledger])
            numbers = {name: float(value) for name, value in values.items()}
            found.append({"seed": seed, "trials": len(ledger), **numbers})
    return found


def learning_signs(params: Params, study: str, agent: str, root: Path = Path(".")) -> dict[str, Any]:
    """Return which signs of learning the real searches of an agent show, and how often null runs show them.

    Returns:
        `searches` (the numbers of each real search), `prefix` (trials of a null run) and `signs`: for each sign its
        `name`, `text`, and under `real`, `null_constant` and `null_heteroscedastic` the `hits`, `runs`, `share` and
        Clopper-Pearson `interval` (95 %), None where nothing was run; under `permuted_labels` True, False or None.
    """
    settings = params.studies[study]
    real = search_numbers(root, study, agent, settings.search.seeds)
    controls = tables.controls(root, study, agent) or {}
    signs = _signs(SOURCE_BAND if settings.space.type == "init-scale" else None)
    rows = [_row(name, text, shown, real, controls) for name, (text, shown) in signs.items()]
    prefix = (controls.get("null_constant") or {}).get("prefix")
    return {"agent": agent, "searches": real, "prefix": prefix, "signs": rows}


Sign = tuple[str, Callable[[Numbers], bool | None]]


def _signs(band: tuple[float, float] | None) -> dict[str, Sign]:
    signs: dict[str, Sign] = {
        "settled": (f"the last quarter of the actions spreads less than {SETTLED_SD}", _below("last_sd", SETTLED_SD)),
        "reward-rose": ("the mean reward of the last quarter is above that of the first", _above("reward_gain", 0.0)),
    }
    if band is not None:
        low, high = band
        signs["in-band"] = (f"the last quarter's mean lies in the source's band, {low} to {high}", _within(low, high))
    return signs


def _below(name: str, limit: float) -> Callable[[Numbers], bool | None]:
    return lambda numbers: None if (value := numbers[name]) is None else value < limit


def _above(name: str, limit: float) -> Callable[[Numbers], bool | None]:
    return lambda numbers: None if (value := numbers[name]) is None else value > limit


def _within(low: float, high: float) -> Callable[[Numbers], bool | None]:
    return lambda numbers: None if (value := numbers["last_mean"]) is None else low <= value <= high


def _row(
    name: str,
    text: str,
    shown: Callable[[Numbers], bool | None],
    real: list[dict[str, Any]],
    controls: Mapping[str, Any],
) -> dict[str, Any]:
    permuted = controls.get("permuted_labels")
    return {
        "name": name,
        "text": text,
        "real": _share([shown(numbers) for numbers in real]),
        "null_constant": _share([shown(numbers) for numbers in _runs(controls.get("null_constant"))]),
        "null_heteroscedastic": _share([shown(numbers) for numbers in _runs(controls.get("null_heteroscedastic"))]),
        "permuted_labels": shown(permuted) if permuted else None,
    }


def _runs(null: Mapping[str, Any] | None) -> list[Numbers]:
    if not null:
        return []
    return [dict(zip(NUMBERS, values, strict=True)) for values in zip(*(null[name] for name in NUMBERS), strict=True)]


def _share(shown: list[bool | None]) -> dict[str, Any] | None:
    known = [value for value in shown if value is not None]
    interval = proportion_interval(sum(known), len(known))
    if interval is None:
        return None
    return {"hits": sum(known), "runs": len(known), "share": sum(known) / len(known), "interval": interval.to_json()}
