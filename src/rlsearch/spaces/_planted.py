"""A known reward with one optimum, for every space of choices: what searches are tested on."""

from __future__ import annotations

from statistics import fmean

import numpy as np

from rlsearch import seeds
from rlsearch.spaces._decisions import Actions, Choice
from rlsearch.spaces._sequences import Sequences, decisions, following

MOST_AVERAGED, DRAWS = 20_000, 10_000
"""A mean is over all sequences of a space of at most so many; of a larger one, over so many that are drawn."""


def planted_by_choice(space: Sequences, actions: Actions, best: Actions = ()) -> float:
    """Return a reward with one optimum and mean 0 under uniform sampling, for spaces of choices.

    Decision t has one good option, (3 t + 1) mod n of its n; a good choice earns 1, and what chance would earn is
    taken off. The sum is divided by the number of decisions. For spaces whose masks allow every option. `best`: other
    good options, those of the first decisions or of all.
    """
    taken = [decision for decision in decisions(space, actions) if isinstance(decision, Choice)]
    good = [best[t] if t < len(best) else planted_option(t, decision) for t, decision in enumerate(taken)]
    # A good choice has the probability 1/n by chance, so each term has mean 0.
    hits = [
        (action == wanted) - 1 / len(decision.options)
        for action, wanted, decision in zip(actions, good, taken, strict=True)
    ]
    return float(sum(hits) / len(hits))


def planted_option(index: int, decision: Choice) -> int:
    """Return the good option of the decision at a position under `planted_by_choice`."""
    return (3 * index + 1) % len(decision.options)


def planted_optimum(space: Sequences) -> Actions | None:
    """Return the canonical form of the candidate that takes every good option; None where a decision is continuous."""
    prefix: Actions = ()
    while (decision := following(space, prefix)) is not None:
        if not isinstance(decision, Choice):
            return None
        best = planted_option(len(prefix), decision)
        # A forbidden good option leaves the first one that is allowed (`argmax` of a mask).
        prefix = (*prefix, best if decision.mask[best] else int(np.argmax(decision.mask)))
    return space.canonical(prefix)


def planted_of_network(space: Sequences, actions: Actions) -> float:
    """Return `planted_by_choice` of the canonical sequence, before its mean is taken off.

    Where several sequences mean one network, the good options are those of the canonical optimum: another sequence
    could not take them all, so that several networks would share the highest reward.
    """
    best = planted_optimum(space) if space.has_equal_sequences else None
    return planted_by_choice(space, space.canonical(actions), best or ())


def planted_mean(space: Sequences) -> float:
    """Return the mean of `planted_of_network` under uniform sampling; 0 where there are no equal sequences.

    Exact in a `fixed` space of at most 20,000 sequences; of another, the mean of 10,000 that are drawn by name.
    """
    if not space.has_equal_sequences:
        return 0.0
    if space.fixed and (space.nominal_size or MOST_AVERAGED + 1) <= MOST_AVERAGED:
        drawn = space.enumerate()
    else:
        rng = seeds.generator("planted-mean")
        drawn = (space.sample(rng) for _ in range(DRAWS))
    return fmean(planted_of_network(space, actions) for actions in drawn)
