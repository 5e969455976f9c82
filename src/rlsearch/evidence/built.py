"""Whether candidates that are told apart are built differently, and others alike: real networks, operator by operator.

Comparing what networks answer under some weights would not do: different networks may agree there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np

from rlsearch import seeds
from rlsearch.evidence.audit_candidates import Candidate, drawn
from rlsearch.evidence.built_recipe import VIEWS, Recipe
from rlsearch.evidence.space_audit import named
from rlsearch.files import canonical_json
from rlsearch.spaces.base import LAST_TRIAL, Actions, Space, Spec, decisions

CHANGES = 4
"""Decisions of each candidate that are changed, one at a time; those of the next candidate follow on."""


@dataclass(frozen=True)
class Pair:
    """Two candidates by their labels and actions."""

    first: str
    second: str


@dataclass
class Comparison:
    """What comparing candidates with what is built of them found.

    Attributes:
        drawn, compared: candidates that were drawn; sequences in all, with those changed in one decision and those
            that stand for several (`Space.canonical`).
        keys, graphs: how many different ones these have; graphs by what counts as the same (`built_recipe.VIEWS`).
        alike: pairs of different keys of which the same is built; unlike: of one key, of which not the same is built.
        kept_apart: why the space keeps equal networks apart, which makes `alike` no fault; "": it does not.
        unseen: of each decision how often it was changed, and how often the key changed and what is built did not.
        unbuilt: why candidates could not be built, and how many.
    """

    drawn: int
    compared: int = 0
    keys: int = 0
    graphs: tuple[int, ...] = ()
    alike: list[Pair] = field(default_factory=list)
    unlike: list[Pair] = field(default_factory=list)
    kept_apart: str = ""
    unseen: dict[str, tuple[int, int]] = field(default_factory=dict)
    unbuilt: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        """Whether keys say something else than what is built, or nothing could be compared."""
        return not self.keys or bool(self.unlike or (self.alike and not self.kept_apart))


def compare(space: Space, recipe: Recipe, count: int) -> Comparison:
    """Compare keys with what is built of `count` candidates, drawn by name, and of some changed in one decision.

    Each is built word for word (`Space.literal`) and in the form that searches train (`Space.decode`).

    Raises:
        SettingsError: the network does not take what the space chooses.
    """
    last = space.at(LAST_TRIAL)
    rng = seeds.generator("space-audit", "built")
    candidates = [drawn(last, rng) for _ in range(count)]
    changes = [list(_changes(last, candidate, number, rng)) for number, candidate in enumerate(candidates)]
    sequences = dict.fromkeys(candidate.actions for candidate in candidates)
    sequences |= dict.fromkeys(actions for listed in changes for _, actions in listed)
    # Draws seldom hold two sequences of one network.
    sequences |= dict.fromkeys(map(last.canonical, list(sequences)))
    made = _Made(last, recipe, list(sequences))
    found = Comparison(count, len(sequences), kept_apart=last.kept_apart, unbuilt=made.unbuilt)
    made.judge(found)
    tally: dict[str, list[bool]] = defaultdict(list)
    for candidate, listed in zip(candidates, changes, strict=True):
        for name, actions in listed:
            tally[name].append(made.unseen(candidate.actions, actions))
    found.unseen = {name: (len(told), sum(told)) for name, told in tally.items()}
    return found


def _changes(
    space: Space, candidate: Candidate, number: int, rng: np.random.Generator
) -> Iterator[tuple[str, Actions]]:
    """Yield the names of some decisions of a candidate, and the candidate with each of them changed."""
    names = [name if nth == 1 else f"{name} ({nth})" for name, nth in named(candidate)]
    open_places = [place for place in range(len(names)) if candidate.others(place)]
    for step in range(min(CHANGES, len(open_places))):
        place = open_places[(number * CHANGES + step) % len(open_places)]
        others = candidate.others(place)
        actions = candidate.changed(place, others[int(rng.integers(len(others)))])
        try:
            decisions(space, actions)
        except ValueError:  # other decisions follow then: no candidate
            continue
        yield names[place], actions


class _Made:
    """The keys of some sequences, and what is built of them."""

    def __init__(self, space: Space, recipe: Recipe, sequences: list[Actions]) -> None:
        self._space = space
        self._trained = {actions: space.decode(actions) for actions in sequences}
        self._specs = {actions: (space.literal(actions), spec) for actions, spec in self._trained.items()}
        self._keys = {actions: space.key(spec) for actions, spec in self._trained.items()}
        options = {_network(spec): spec for pair in self._specs.values() for spec in pair}
        self._graphs = recipe.graphs(options)
        self.unbuilt = Counter(text for text in map(self._problem, sequences) if text)

    def unseen(self, first: Actions, second: Actions) -> bool:
        """Tell whether two sequences have different keys, and the same is built of both."""
        one, other = (self._built(actions, 0) for actions in (first, second))
        return one is not None and one == other and self._keys[first] != self._keys[second]

    def judge(self, found: Comparison) -> None:
        """Count keys and graphs, and name the pairs that contradict each other."""
        of_key: dict[str, dict[Hashable, Actions]] = defaultdict(dict)
        of_graph: dict[Hashable, dict[str, Actions]] = defaultdict(dict)
        different: list[set[Hashable]] = [set() for _ in VIEWS]
        for actions, key in self._keys.items():
            for form in (0, 1):
                built = self._built(actions, form)
                if built is not None:
                    of_key[key].setdefault(built, actions)
                    of_graph[built].setdefault(key, actions)
                    for view, graphs in enumerate(different):
                        graphs.add(self._built(actions, form, view))
        found.keys, found.graphs = len(of_key), tuple(map(len, different))
        found.unlike = [self._pair(list(one.values())) for one in of_key.values() if len(one) > 1]
        found.alike = [self._pair(list(one.values())) for one in of_graph.values() if len(one) > 1]

    def _built(self, actions: Actions, form: int, view: int | None = None) -> Hashable | None:
        """Return what a sequence comes to, all that its spec says besides included; None where it cannot be built.

        Args:
            form: 0 word for word, 1 as it is trained; view: one of `VIEWS`, by default the space's.
        """
        spec = self._specs[actions][form]
        graphs = self._graphs[_network(spec)]
        rest = {name: value for name, value in spec.items() if name != "network"}
        view = int(self._space.unordered_joins) if view is None else view
        return None if isinstance(graphs, str) else (graphs[view], canonical_json(rest))

    def _problem(self, actions: Actions) -> str:
        graphs = [self._graphs[_network(spec)] for spec in self._specs[actions]]
        return next((found for found in graphs if isinstance(found, str)), "")

    def _pair(self, sequences: list[Actions]) -> Pair:
        # One sequence alone: its two forms differ.
        return Pair(self._told(sequences[0]), self._told(sequences[-1]))

    def _told(self, actions: Actions) -> str:
        return f"{self._space.describe(self._specs[actions][0])} {list(actions)}"


def _network(spec: Spec) -> str:
    return canonical_json(spec.get("network", {}))
