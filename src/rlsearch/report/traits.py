"""How many of the candidates that searches proposed have what traits, where the space tells of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rlsearch.report.frames import Ledgers
from rlsearch.spaces.base import Space


@dataclass(frozen=True)
class Traits:
    """Shares of trials, search by search.

    Attributes:
        names: of the traits, in the order of the space; empty where it tells of none.
        shares: of an agent's searches, by its label: the share of the trials with each trait, by its name. Trials of
            candidates of which nothing is told do not count.
    """

    names: Sequence[str] = ()
    shares: Mapping[str, Sequence[Mapping[str, float]]] = field(default_factory=dict)


def of(space: Space, ledgers: Ledgers) -> Traits:
    """Return what the candidates of some searches were: one proposed twice counts twice."""
    # Ledgers are long, and most spaces tell nothing.
    if type(space).traits is Space.traits:
        return Traits()
    known, shares = dict[str, Mapping[str, bool]](), dict[str, list[Mapping[str, float]]]()
    for (agent, _), ledger in ledgers.items():
        for trial in ledger:
            if trial["key"] not in known:
                known[trial["key"]] = space.traits(trial["spec"])
        told = [known[trial["key"]] for trial in ledger if known[trial["key"]]]
        names = told[0] if told else ()
        if told:
            shares.setdefault(agent, []).append({name: sum(one[name] for one in told) / len(told) for name in names})
    return Traits(list(dict.fromkeys(name for told in known.values() for name in told)), shares)
