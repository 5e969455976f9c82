"""Signs of "learning" that real searches show, beside the share of null searches that show them too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rlsearch.config import plugins
from rlsearch.config.models import Params, StudySettings
from rlsearch.controls.signs import SETTLED_SD, SETTLED_SHARE, choice_signs
from rlsearch.controls.signs import signs as measure
from rlsearch.evidence import tables
from rlsearch.spaces.base import Choice
from rlsearch.statistics.intervals import proportion_interval

SOURCE_BAND = (1.1, 1.4)
"""Where the search of Yaman & Shondhani 2025 ended."""

Numbers = Mapping[str, float | None]
NUMBERS = ("last_sd", "last_mean", "reward_gain")
CHOICE_NUMBERS = ("distinct_share", "reward_gain")


def of_choices(settings: StudySettings) -> bool:
    """Tell whether a study's space begins with a choice, so that its searches show `CHOICE_NUMBERS`."""
    return isinstance(plugins.load("spaces", settings.space.type).SPACE(settings.space).next(()), Choice)


def search_numbers(root: Path, study: str, agent: str, seeds: int, *, choices: bool = False) -> list[dict[str, Any]]:
    """Return `seed`, `trials`, `last_sd`, `last_mean`, `reward_gain` of every finished search (see `controls.signs`).

    The actions are the first decision of each trial. With `choices` the numbers are `distinct_share` (by canonical
    key) and `reward_gain` (see `controls.signs.choice_signs`). With fewer than 2 trials they are None.
    """
    found = []
    for seed in range(seeds):
        ledger = tables.trials(root, study, agent, seed)
        if ledger is not None and tables.summary(root, study, agent, seed) is not None:
            found.append({"seed": seed, "trials": len(ledger), **_numbers(ledger, choices)})
    return found


def _numbers(ledger: Sequence[Mapping[str, Any]], choices: bool) -> Numbers:
    if len(ledger) < 2:
        return dict.fromkeys(CHOICE_NUMBERS if choices else NUMBERS)
    rewards = np.array([[float(trial["reward"]) for trial in ledger]])
    if choices:
        shown = choice_signs(np.array([[trial["key"] for trial in ledger]]), rewards)
    else:
        shown = measure(np.array([[float(trial["actions"][0]) for trial in ledger]]), rewards)
    return {name: values[0] for name, values in shown.items()}


def learning_signs(params: Params, study: str, agent: str, root: Path = Path(".")) -> dict[str, Any]:
    """Return which signs of learning the real searches of an agent show, and how often null runs show them.

    Returns:
        `searches` (the numbers of each real search), `prefix` (trials of a null run) and `signs`: for each sign its
        `name`, `text`, and under `real`, `null_constant` and `null_heteroscedastic` the `hits`, `runs`, `share` and
        Clopper-Pearson `interval` (95 %), None where nothing was run; under `permuted_labels` True, False or None.
    """
    settings = params.studies[study]
    choices = of_choices(settings)
    real = search_numbers(root, study, agent, settings.search.seeds, choices=choices)
    controls = tables.controls(root, study, agent) or {}
    signs = _choice_signs() if choices else _signs(SOURCE_BAND if settings.space.type == "init-scale" else None)
    rows = [_row(name, text, shown, real, controls) for name, (text, shown) in signs.items()]
    return {"agent": agent, "searches": real, "prefix": controls.get("prefix"), "signs": rows}


Sign = tuple[str, Callable[[Numbers], bool | None]]


def _signs(band: tuple[float, float] | None) -> dict[str, Sign]:
    signs: dict[str, Sign] = {
        "settled": (f"the last quarter of the actions spreads less than {SETTLED_SD}", _below("last_sd", SETTLED_SD)),
        "reward-rose": _REWARD_ROSE,
    }
    if band is not None:
        low, high = band
        signs["in-band"] = (f"the last quarter's mean lies in the source's band, {low} to {high}", _within(low, high))
    return signs


def _choice_signs() -> dict[str, Sign]:
    text = f"at most {100 * SETTLED_SHARE:.0f} % of the last quarter's proposals are distinct candidates"
    return {"settled": (text, _at_most("distinct_share", SETTLED_SHARE)), "reward-rose": _REWARD_ROSE}


def _at_most(name: str, limit: float) -> Callable[[Numbers], bool | None]:
    return lambda numbers: None if (value := numbers[name]) is None else value <= limit


def _below(name: str, limit: float) -> Callable[[Numbers], bool | None]:
    return lambda numbers: None if (value := numbers[name]) is None else value < limit


def _above(name: str, limit: float) -> Callable[[Numbers], bool | None]:
    return lambda numbers: None if (value := numbers[name]) is None else value > limit


_REWARD_ROSE: Sign = (
    "the mean reward of the last quarter is above that of the first",
    _above("reward_gain", 0.0),
)


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
    names = CHOICE_NUMBERS if "distinct_share" in null else NUMBERS
    return [dict(zip(names, values, strict=True)) for values in zip(*(null[name] for name in names), strict=True)]


def _share(shown: list[bool | None]) -> dict[str, Any] | None:
    known = [value for value in shown if value is not None]
    interval = proportion_interval(sum(known), len(known))
    if interval is None:
        return None
    return {"hits": sum(known), "runs": len(known), "share": sum(known) / len(known), "interval": interval.to_json()}
