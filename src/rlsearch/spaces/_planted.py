"""A known reward with one optimum, for every space of choices: what searches are tested on."""

from __future__ import annotations

from itertools import islice
from statistics import fmean

from rlsearch import seeds
from rlsearch.spaces._decisions import Actions, Choice
from rlsearch.spaces._sequences import Sequences, decisions, following

MOST_AVERAGED, DRAWS = 20_000, 10_000
"""A mean is over all sequences of a space of at most so many; of a larger one, over so many that are drawn."""


def planted_by_choice(space: Sequences, actions: Actions, best: Actions = ()) -> float:
    """Return a reward with mean 0 under uniform sampling, for spaces of choices.

    Decision t has one good option: of the n that are allowed, number (3 t + 1) mod n, counted from 0. A good choice
    earns 1, and what chance would earn, 1 / n, is taken off. The sum is divided by the number of decisions of the
    space's longest candidate, one number for all, so that the mean is 0 where candidates differ in length. `best`:
    other good options, those of the first decisions or of all.
    """
    taken = [decision for decision in decisions(space, actions) if isinstance(decision, Choice)]
    good = [best[t] if t < len(best) else planted_option(t, decision) for t, decision in enumerate(taken)]
    # A good choice has the probability 1/n by chance, so each term has mean 0, whatever was chosen before.
    hits = [
        (action == wanted) - 1 / sum(decision.mask)
        for action, wanted, decision in zip(actions, good, taken, strict=True)
    ]
    return float(sum(hits) / space.longest)


def planted_option(index: int, decision: Choice) -> int:
    """Return the good option of the decision at a position under `planted_by_choice`."""
    return decision.free[(3 * index + 1) % len(decision.free)]


def all_good(space: Sequences) -> Actions | None:
    """Return the candidate that takes every good option; None where a decision is continuous."""
    prefix: Actions = ()
    while (decision := following(space, prefix)) is not None:
        if not isinstance(decision, Choice):
            return None
        prefix = (*prefix, planted_option(len(prefix), decision))
    return prefix


def good_options(space: Sequences) -> Actions:
    """Return the good options that take the place of `planted_option`'s: those of the canonical optimum.

    None do, where the candidate of all good options is canonical itself. Where it is not, another sequence could not
    take them all, so that several networks would share the highest reward.
    """
    good = all_good(space) if space.has_equal_sequences else None
    stands = () if good is None else space.canonical(good)
    return () if stands == good else stands


def planted_of_network(space: Sequences, actions: Actions, best: Actions) -> float:
    """Return `planted_by_choice` of the canonical sequence, before its mean is taken off; `best`: `good_options`."""
    return planted_by_choice(space, space.canonical(actions), best)


def planted_optimum(space: Sequences, best: Actions) -> Actions | None:
    """Return the canonical form of the candidate of the highest planted reward; None where a decision is continuous.

    In a `fixed` space that is the one of all good options. In another one, a candidate that misses one of them may go
    on for longer and earn more: of at most 20,000 sequences the best is looked for; in a larger space it is taken to be
    the one of all good options.
    """
    good = all_good(space)
    if good is None:
        return None
    sequences = [] if space.fixed or (space.nominal_size or 0) > MOST_AVERAGED else _first(space)
    if not sequences or len(sequences) > MOST_AVERAGED:
        return space.canonical(good)
    return space.canonical(max(sequences, key=lambda actions: planted_of_network(space, actions, best)))


def planted_mean(space: Sequences, best: Actions) -> float:
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
    return fmean(planted_of_network(space, actions, best) for actions in drawn)


def _first(space: Sequences) -> list[Actions]:
    """Return the first sequences of a space of choices: one more than are gone through tells that there are more."""
    return list(islice(space.enumerate(), MOST_AVERAGED + 1))
