"""Signs of "learning" that real searches show, beside the share of null searches that show them too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rlsearch.controls.signs import SETTLED_SD, SETTLED_SHARE, of_search
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
    proposed = [trial["key"] if choices else float(trial["actions"][0]) for trial in ledger]
    return of_search(proposed, [trial["reward"] for trial in ledger], choices=choices)


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
    choices = _of_choices(results)
    signs = [_FEW_CANDIDATES if choices else _LITTLE_SPREAD, _REWARD_ROSE]
    if band is not None and not choices:
        signs.append(_in_band(*band))
    rows = [_row(sign, real, controls) for sign in signs]
    return {"agent": agent, "searches": real, "prefix": controls.get("prefix"), "signs": rows}


class Sign(NamedTuple):
    """A sign: its name, the same in words, and the number that shows it."""

    name: str
    text: str
    number: str
    shows: Callable[[float], bool]

    def of(self, number: float | None) -> bool | None:
        """Tell whether a search shows it; one of fewer than two trials shows neither a sign nor its absence."""
        return None if number is None else self.shows(number)


_LITTLE_SPREAD = Sign(
    "settled",
    f"the last quarter of the actions spreads less than {SETTLED_SD}",
    "last_sd",
    lambda spread: spread < SETTLED_SD,
)
_FEW_CANDIDATES = Sign(
    "settled",
    f"at most {100 * SETTLED_SHARE:.0f} % of the last quarter's proposals are distinct candidates",
    "distinct_share",
    lambda share: share <= SETTLED_SHARE,
)
_REWARD_ROSE = Sign(
    "reward-rose",
    "the mean reward of the last quarter is above that of the first",
    "reward_gain",
    lambda gain: gain > 0.0,
)


def _in_band(low: float, high: float) -> Sign:
    text = f"the last quarter's mean lies in the source's band, {low} to {high}"
    return Sign("in-band", text, "last_mean", lambda mean: low <= mean <= high)


def _row(sign: Sign, real: Sequence[Numbers], controls: Mapping[str, Any]) -> dict[str, Any]:
    nulls = {name: controls.get(name) or {} for name in ("null_constant", "null_heteroscedastic")}
    permuted = controls.get("permuted_labels")
    return {
        "name": sign.name,
        "text": sign.text,
        "real": _share(sign, [numbers[sign.number] for numbers in real]),
        **{name: _share(sign, null[sign.number] if null else ()) for name, null in nulls.items()},
        "permuted_labels": sign.of(permuted[sign.number]) if permuted else None,
    }


def _share(sign: Sign, numbers: Iterable[float | None]) -> dict[str, Any] | None:
    decided = [answer for answer in map(sign.of, numbers) if answer is not None]
    interval = proportion_interval(sum(decided), len(decided))
    if interval is None:
        return None
    return {
        "hits": sum(decided),
        "runs": len(decided),
        "share": sum(decided) / len(decided),
        "interval": interval.to_json(),
    }
