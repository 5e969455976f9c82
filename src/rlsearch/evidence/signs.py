"""Signs of "learning" that real searches show, beside the share of null searches that show them too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rlsearch.controls.signs import SETTLED_SD, SETTLED_SHARE, choice_signs
from rlsearch.controls.signs import signs as measure
from rlsearch.evidence.results import Results
from rlsearch.spaces.base import Choice
from rlsearch.statistics.intervals import proportion_interval

Numbers = Mapping[str, float | None]
NUMBERS = ("last_sd", "last_mean", "reward_gain")
CHOICE_NUMBERS = ("distinct_share", "reward_gain")


def search_numbers(results: Results, agent: str) -> list[dict[str, Any]]:
    """Return `seed`, `trials`, `last_sd`, `last_mean`, `reward_gain` of every finished search (see `controls.signs`).

    The actions are the first decision of each trial. Where that is a choice, the numbers are `distinct_share` (by
    canonical key) and `reward_gain` (see `controls.signs.choice_signs`). With fewer than 2 trials they are None.
    """
    rows = []
    for seed in range(results.settings.search.seeds):
        ledger = results.ledgers.get((agent, seed))
        if ledger is not None and (agent, seed) in results.summaries:
            rows.append({"seed": seed, "trials": len(ledger), **_numbers(ledger, _of_choices(results))})
    return rows


def _of_choices(results: Results) -> bool:
    return isinstance(results.space.next(()), Choice)


def _numbers(ledger: Sequence[Mapping[str, Any]], choices: bool) -> Numbers:
    if len(ledger) < 2:
        return dict.fromkeys(CHOICE_NUMBERS if choices else NUMBERS)
    rewards = np.array([[float(trial["reward"]) for trial in ledger]])
    if choices:
        shown = choice_signs(np.array([[trial["key"] for trial in ledger]]), rewards)
    else:
        shown = measure(np.array([[float(trial["actions"][0]) for trial in ledger]]), rewards)
    return {name: values[0] for name, values in shown.items()}


def learning_signs(results: Results, agent: str, band: tuple[float, float] | None = None) -> dict[str, Any]:
    """Return which signs of learning the real searches of an agent show, and how often null runs show them.

    Args:
        band: where the search of the study's source ended, if that is a sign.

    Returns:
        `searches` (the numbers of each real search), `prefix` (trials of a null run) and `signs`: for each sign its
        `name`, `text`, and under `real`, `null_constant` and `null_heteroscedastic` the `hits`, `runs`, `share` and
        Clopper-Pearson `interval` (95 %), None where nothing was run; under `permuted_labels` True, False or None.
    """
    real, controls = search_numbers(results, agent), results.controls.get(agent, {})
    signs = _choice_signs() if _of_choices(results) else _signs(band)
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


def _share(answers: list[bool | None]) -> dict[str, Any] | None:
    # A search of fewer than two trials shows neither a sign nor its absence.
    decided = [answer for answer in answers if answer is not None]
    interval = proportion_interval(sum(decided), len(decided))
    if interval is None:
        return None
    return {
        "hits": sum(decided),
        "runs": len(decided),
        "share": sum(decided) / len(decided),
        "interval": interval.to_json(),
    }
