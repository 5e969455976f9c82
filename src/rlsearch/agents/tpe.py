"""Bayesian optimisation by tree-structured Parzen estimators (Bergstra et al. 2011), as Optuna samples with them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rlsearch import seeds
from rlsearch.agents.base import Agent, Proposal
from rlsearch.config.base import Count, LearnerSettings
from rlsearch.spaces.base import Action, Actions, Continuous, Decision, Space, following

if TYPE_CHECKING:
    import optuna


class Settings(LearnerSettings):
    """`startup` random trials come first; `multivariate` models all decisions jointly instead of one by one."""

    type: Literal["tpe"] = "tpe"
    multivariate: bool = False
    startup: Count = 10


class TPE(Agent):
    """One Optuna parameter a decision. Proposals of one ask know the same told trials and differ by their seeds.

    Every proposal has a sampler with a seed of its own, drawn from the agent's generator. Optuna's samplers cannot give
    their generators away; so the told trials and that generator are the whole state.
    """

    learns: ClassVar[bool] = True

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space, self.settings = space, settings
        self.rng = seeds.generator("agent", "tpe", seed)
        self.study = _study()

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` candidates."""
        with _quiet():
            return [Proposal(self._candidate()) for _ in range(count)]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Add finished trials: the actions as they were evaluated, continuous ones rounded."""
        for proposal, reward in zip(proposals, rewards, strict=True):
            self.study.add_trial(self._trial(proposal.actions, float(reward)))
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state and the told trials in order."""
        from optuna.distributions import distribution_to_json

        trials = [
            [
                trial.params,
                {name: distribution_to_json(distribution) for name, distribution in trial.distributions.items()},
                trial.value,
            ]
            for trial in self._told()
        ]
        return {"rng": self.rng.bit_generator.state, "told": trials}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore both."""
        import optuna

        self.rng.bit_generator.state = state["rng"]
        self.study = _study()
        for params, described, value in state["told"]:
            distributions = {name: optuna.distributions.json_to_distribution(text) for name, text in described.items()}
            trial = optuna.create_trial(params=dict(params), distributions=distributions, value=value)
            self.study.add_trial(trial)

    def _candidate(self) -> Actions:
        import optuna

        self.study.sampler = optuna.samplers.TPESampler(
            # NumPy's `RandomState`, from which Optuna draws, takes 32 bits.
            seed=int(self.rng.integers(2**32)),
            n_startup_trials=self.settings.startup,
            multivariate=self.settings.multivariate,
        )
        trial = self.study.ask()
        actions: Actions = ()
        while (decision := following(self.space, actions)) is not None:
            actions = (*actions, _suggest(trial, decision))
        # What will be told is a trial of its own, which `load_state_dict` can make too; samplers pass over this one.
        self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return actions

    def _trial(self, actions: Actions, reward: float) -> optuna.trial.FrozenTrial:
        from optuna import create_trial

        taken = [(self.space.next(actions[:place]), action) for place, action in enumerate(actions)]
        answered = [(decision, action) for decision, action in taken if decision is not None]
        return create_trial(
            params={_name(decision): action for decision, action in answered},
            distributions={_name(decision): _distribution(decision) for decision, _ in answered},
            value=reward,
        )

    def _told(self) -> list[optuna.trial.FrozenTrial]:
        from optuna.trial import TrialState

        # Nobody changes them here, so they need no copies.
        return self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _study() -> optuna.Study:
    import optuna

    with _quiet():
        return optuna.create_study(study_name="search", direction="maximize")


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back Optuna's log lines and its warnings of experimental options, for the time of a call."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _suggest(trial: optuna.Trial, decision: Decision) -> Action:
    if isinstance(decision, Continuous):
        return decision.clip(trial.suggest_float(_name(decision), decision.low, decision.high))
    return trial.suggest_categorical(_name(decision), decision.free)


def _name(decision: Decision) -> str:
    """Return the parameter's name. Optuna takes one set of options a name: under another mask it is another one."""
    if isinstance(decision, Continuous) or all(decision.mask):
        return decision.name
    return f"{decision.name} among {decision.free}"


def _distribution(decision: Decision) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(decision, Continuous):
        return FloatDistribution(decision.low, decision.high)
    return CategoricalDistribution(decision.free)


SETTINGS, AGENT = Settings, TPE
