"""What can be chosen: a candidate is a short sequence of decisions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from rlsearch.errors import SettingsError
from rlsearch.spaces import _equal_sequences, _planted

# `X as X` re-exports a name: other modules know these from here, wherever they are defined.
from rlsearch.spaces._decisions import Action as Action
from rlsearch.spaces._decisions import Actions as Actions
from rlsearch.spaces._decisions import Choice as Choice
from rlsearch.spaces._decisions import Continuous as Continuous
from rlsearch.spaces._decisions import Decision as Decision
from rlsearch.spaces._decisions import allowed as allowed
from rlsearch.spaces._decisions import uniform as uniform
from rlsearch.spaces._equal_sequences import Size as Size
from rlsearch.spaces._equal_sequences import representatives as representatives
from rlsearch.spaces._planted import planted_by_choice as planted_by_choice
from rlsearch.spaces._planted import planted_option as planted_option
from rlsearch.spaces._sequences import MOST_DECISIONS as MOST_DECISIONS
from rlsearch.spaces._sequences import ContinuousError as ContinuousError
from rlsearch.spaces._sequences import Sequences
from rlsearch.spaces._sequences import Spec as Spec
from rlsearch.spaces._sequences import decisions as decisions
from rlsearch.spaces._sequences import following as following

LAST_TRIAL = 10**12
"""A trial that no search reaches: `space.at(LAST_TRIAL)` is the space at its last stage."""
MOST_READ = 5_000
"""A label is looked for among all candidates in spaces of at most this many sequences."""


class Space(Sequences):
    """A set of candidates, described decision by decision.

    An action is the value of a `Continuous` decision or the index of a `Choice`'s option.

    Attributes:
        matchable: the baselines that `matched` can build after a found network.
        stepwise: whether candidates say how one network is trained, step by step (`spaces.closed_loop.Stepwise`).
        closed_loop: whether a child answers every decision, so that the next one can look at what the last one did
            (`spaces.closed_loop.ClosedLoop`). Agents of Gymnasium environments then learn a policy.
        networks: those whose options its specs name; empty: its specs are for any network.
        unordered_joins: whether networks count as equal that concatenate the same maps in other orders, so that their
            channels alone are named differently.
        noun: what a candidate is, in one word.
        question: what a search of this space asks, in plain words, for the first screen of a report.
    """

    stepwise: ClassVar[bool] = False
    closed_loop: ClassVar[bool] = False
    matchable: ClassVar[frozenset[str]] = frozenset()
    networks: ClassVar[tuple[str, ...]] = ()
    unordered_joins: ClassVar[bool] = False
    noun: ClassVar[str] = "network"
    question: ClassVar[str] = "Which candidate of this space is best?"

    @cached_property
    def distinct_size(self) -> Size | None:
        """Number of different networks: counted, or estimated with its error; None where nobody knows."""
        return _equal_sequences.distinct_size(self, self.encodings)

    @property
    def different(self) -> int | None:
        """Number of different candidates that a search can propose, as far as known; None where there is no bound."""
        return self.nominal_size if self.kept_apart else self.most_networks

    @property
    def most_networks(self) -> int | None:
        """Number of different networks at most, also where equal ones are kept apart; None where there is no bound."""
        size = self.distinct_size
        return self.nominal_size if size is None or size.error is not None else size.count

    def encodings(self, spec: Spec) -> int | None:
        """Return how many sequences of decisions give the network of a candidate; None where that is not known.

        By default 1 where no sequences are equal, and counted in a space of at most 100,000 sequences.
        """
        if not self.has_equal_sequences:
            return 1
        return None if self._encodings is None else self._encodings.get(self.key(spec), 0)

    def traits(self, spec: Spec) -> Mapping[str, bool]:
        """Return what else an audit tells of candidates, by what they do or are: {"can remember through c": True}.

        The same names for all candidates of the space; what is no candidate may have none.
        """
        return {}

    def sizes(self) -> str:
        """Return in words how many sequences of decisions there are, and how many networks they mean."""
        counts = _equal_sequences.in_words(self.nominal_size, self.distinct_size, self.noun)
        return f"{counts}; equal {self.noun}s are kept apart: {self.kept_apart}" if self.kept_apart else counts

    def baselines(self) -> Mapping[str, Spec]:
        """Return the fixed specs that a search has to beat, by name."""
        return {}

    @abstractmethod
    def spread(self, count: int) -> list[Actions]:
        """Return `count` fixed candidates that cover the space evenly (for controls and grids)."""

    def planted(self, actions: Actions) -> float:
        """Return a known reward with one optimum and mean 0, for power controls and conformance tests.

        Equal for sequences that mean the same network. By default, in spaces of choices: the share of good options
        (`planted_by_choice`), less what chance would earn.
        """
        return _planted.planted_of_network(self, actions, self._good_options) - self._planted_mean

    def optimum(self) -> Actions | None:
        """Return the candidate of the highest planted reward; None where a subclass has its own `planted` alone."""
        return self._planted_optimum if type(self).planted is Space.planted else None

    def at(self, trial: int) -> Space:
        """Return the space as it stands when trial `trial` (from 0) is proposed: some grow during a search."""
        return self

    def largest(self) -> Actions | None:
        """Return the candidate with the most of everything, or None where that means nothing."""
        return None

    def rule_of_thumb(self, rng: np.random.Generator) -> Actions | None:
        """Draw a candidate by the simplest rule known to predict the reward, or None where there is none."""
        return None

    def matched(self, name: str, spec: Spec, shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10) -> Spec | None:
        """Return the baseline `name` built after a found spec, or None where there is no such baseline.

        Args:
            shape, outputs: of the data that the networks are for (`data.kinds.base.Form`).
        """
        return None

    def matched_with(
        self, options: Mapping[str, Any], name: str, spec: Spec, shape: tuple[int, ...], outputs: int
    ) -> Spec | None:
        """Return `matched` for networks that have further options (a task's `network_options`).

        By default these do not count.
        """
        return self.matched(name, spec, shape, outputs)

    @property
    def unbuilt(self) -> tuple[str, str] | None:
        """The setting with which candidates are no networks, and what is wrong with it; None where they are.

        Nothing but a surrogate can then answer for them.
        """
        return None

    def misfit(self, shape: tuple[int, ...], outputs: int | None = None) -> tuple[str, str] | None:
        """Return the setting that does not fit the data, and what is wrong with it; None where all do.

        Args:
            shape, outputs: of the data, as for `matched`; no outputs where nobody knows them before data are fetched.
        """
        return None

    def unfit(self, spec: Spec, shape: tuple[int, ...]) -> str:
        """Return why a network cannot be built for samples of a shape, as far as the space can tell; "": it can be.

        A transfer takes networks to other data than those of their study.
        """
        return ""

    def describe(self, spec: Spec) -> str:
        """Return a short label of a candidate for tables and logs."""
        return self.key(spec)[:8]

    def read(self, text: str) -> Spec:
        """Return the spec that `describe` labels so: its inverse, where labels leave nothing out.

        Raises:
            SettingsError: no candidate can be found by this label, or several are labelled so.
        """
        # By key: two specs of one candidate with the same label are no ambiguity.
        matches = {self.key(spec): spec for spec in self._labelled() if self.describe(spec) == text}
        if len(matches) != 1:
            number = "several candidates" if matches else "no candidate"
            raise SettingsError(f"{number} of this {type(self).__name__} can be found by the label {text!r}")
        return next(iter(matches.values()))

    def lead(self, proxy_epochs: int, target_epochs: int) -> str:
        """Return in a sentence or two what is chosen and from how many, for the head of a report."""
        return f"The space: {self.sizes()}."

    @cached_property
    def _encodings(self) -> Mapping[str, int] | None:
        return _equal_sequences.encodings(self)

    @cached_property
    def _good_options(self) -> Actions:
        return _planted.good_options(self)

    @cached_property
    def _planted_mean(self) -> float:
        return _planted.planted_mean(self, self._good_options)

    @cached_property
    def _planted_optimum(self) -> Actions | None:
        return _planted.planted_optimum(self, self._good_options)

    def _labelled(self) -> Iterator[Spec]:
        """Yield the specs among which `read` looks: the baselines, and the candidates of a small space of choices."""
        yield from self.baselines().values()
        if (self.nominal_size or MOST_READ + 1) <= MOST_READ and not isinstance(self.next(()), Continuous):
            yield from map(self.decode, self.enumerate())
