"""A surrogate answers: a benchmark function of the candidate, with noise of a stated size. Nothing is trained."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rlsearch import provenance, seeds
from rlsearch.config.models import RuntimeSettings, SurrogateSettings
from rlsearch.files import digest
from rlsearch.search.answers.base import Answers
from rlsearch.search.answers.function import FunctionOracle, noise_of
from rlsearch.search.answers.oracle import AnyOracle, Oracle
from rlsearch.search.budget import Prices
from rlsearch.search.evaluators import Request
from rlsearch.search.instant import InstantEvaluator
from rlsearch.seeds import child_seed
from rlsearch.spaces._rows import Rows
from rlsearch.spaces.base import Actions, Spec, representatives
from rlsearch.surrogates.base import Surrogate, enumerable, make_surrogate, of_choices, value, values
from rlsearch.training.outcome import Outcome

TRAININGS = 16
"""Noisy answers of each candidate on which searches are repeated."""


class SurrogateEvaluator(InstantEvaluator):
    """Computes outcomes. The noise of a child follows from its seed, as if it had been trained under it.

    Args:
        surrogate: the function; noise: standard deviation of its answers.
        study, search_seed: parts of every child's seed.
    """

    def __init__(self, surrogate: Surrogate, noise: float, study: str, search_seed: int) -> None:
        self.surrogate, self.noise = surrogate, noise
        self.study, self.search_seed = study, search_seed

    def outcome(self, request: Request) -> Outcome:
        """Return the value of a candidate and its noise, kept within the bounds of the measure."""
        seed = child_seed(self.study, request.purpose, request.key, self.search_seed, request.replicate)
        measure = self.surrogate.measure
        level = float(np.clip(value(self.surrogate, request.spec) + self.noise * noise_of(seed), *measure.bounds))
        return Outcome("ok", {measure.metric: level}, flops=self.surrogate.cost)


class SurrogateAnswers(Answers):
    """The surrogate of a study."""

    @property
    def settings(self) -> SurrogateSettings:
        """Those of the surrogate."""
        assert self.study.surrogate is not None
        return self.study.surrogate

    @cached_property
    def surrogate(self) -> Surrogate:
        """The function itself, without noise: what an answer is really worth."""
        return make_surrogate(self.space, self.settings)

    def identity(self, runtime: RuntimeSettings) -> str:
        """Return the digest of settings, space and code."""
        modules = (
            "rlsearch.search.answers.surrogate",
            provenance.plugin_module("surrogates", self.settings.name),
            provenance.plugin_module("spaces", self.study.space.type),
        )
        return digest(
            {
                "surrogate": self.settings.model_dump(mode="json"),
                "space": self.study.space.model_dump(mode="json"),
                "code": provenance.code_digest(*modules),
            }
        )

    def evaluator(self, seed: int, workers: int) -> SurrogateEvaluator:
        """Return what computes outcomes."""
        return SurrogateEvaluator(self.surrogate, self.settings.noise, self.name, seed)

    def prices(self) -> Prices:
        """Return the price of an answer, the same for all candidates."""
        return Prices.of([self.surrogate.cost])

    def price(self, spec: Spec) -> int:
        """Return the same price for every candidate."""
        return self.surrogate.cost

    @cached_property
    def candidates(self) -> list[Actions]:
        """All different candidates of a space of choices, in the order of their rows."""
        return list(representatives(self.space))

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """What each of them is worth without noise, (candidates,)."""
        return values(self.surrogate, self.space)

    @cached_property
    def oracle(self) -> AnyOracle | None:
        """Noisy answers of every candidate, or of any where there are too many (`enumerable`); None without choices."""
        if not enumerable(self.space):
            function = FunctionOracle(self.space, self.surrogate, self.settings.noise, self.name)
            return function if of_choices(self.space) else None
        count = len(self.candidates)
        # By the surrogate's name alone: all studies and searches on it meet the same noise, so that they can be paired.
        drawn = seeds.generator("surrogate-trainings", self.settings.name).standard_normal((count, TRAININGS))
        measure = self.surrogate.measure
        levels = np.clip(self.values[:, None] + self.settings.noise * drawn, *measure.bounds)
        flops = np.full(count, self.surrogate.cost, np.int64)
        return Oracle(self.space, Rows(self.space), measure, levels, flops)

    @property
    def outputs(self) -> int:
        """A surrogate answers for no steps."""
        raise self._no_steps()
