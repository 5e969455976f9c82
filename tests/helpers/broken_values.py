"""Broken values of settings, each with what its message has to name."""

from __future__ import annotations

import copy
from typing import Any

import yaml

STUDY = "studies.init-scale"
GONE = object()
GOOD_CLAIM = {"claim": "beats-agent", "agent": "reinforce", "against": "random", "margin": 0.01}
GRID = {"type": "grid", "points": 12}
LAYERED_AGENT = "studies.layered-cnn.agents.random"


def scheduled(*rows: list[float]) -> dict[str, Any]:
    """Return the change to an agent whose exploration falls by these rows."""
    return {LAYERED_AGENT: {"type": "q-learning", "schedule": list(rows)}}


def claims(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return claims that differ from a valid one by the given keys; GONE takes a key out."""
    merged = [{**GOOD_CLAIM, **change} for change in changes]
    return [{key: value for key, value in claim.items() if value is not GONE} for claim in merged]


# (what is changed in the smoke preset, the key that the message must name, what it must say)
VALUES: dict[str, tuple[dict[str, Any], str, str]] = {
    # unknown keys
    "top level": ({"study": {}}, "study", "did you mean 'studies'"),
    "dataset key": ({"datasets.digits.valdation": 0.2}, "datasets.digits.valdation", "did you mean 'validation'"),
    "task key": ({f"{STUDY}.proxy.augmnt": "none"}, f"{STUDY}.proxy.augmnt", "did you mean 'augment'"),
    "deep key": (
        {f"{STUDY}.proxy.optimizer.decay": 0},
        f"{STUDY}.proxy.optimizer.decay",
        "did you mean 'weight_decay'",
    ),
    "agent key": ({f"{STUDY}.agents.reinforce.ema_dcay": 0.5}, f"{STUDY}.agents.reinforce.ema_dcay", "'ema_decay'"),
    "space key": ({f"{STUDY}.space.hi": 2}, f"{STUDY}.space.hi", "allowed: type, low, high, digits"),
    "claim key": ({f"{STUDY}.claims": claims({"margn": 1})}, f"{STUDY}.claims[0].margn", "did you mean 'margin'"),
    # types
    "text for int": ({f"{STUDY}.proxy.epochs": "three"}, f"{STUDY}.proxy.epochs = 'three'", "must be a whole number"),
    "float for int": ({f"{STUDY}.target.epochs": 2.5}, f"{STUDY}.target.epochs = 2.5", "must be a whole number"),
    "bool for int": ({f"{STUDY}.proxy.batch_size": True}, f"{STUDY}.proxy.batch_size = True", "a whole number"),
    "bool for number": ({f"{STUDY}.alpha": True}, f"{STUDY}.alpha = True", "above 0 and below 1"),
    "text for bool": (
        {f"{STUDY}.controls.permuted_labels": "no"},
        f"{STUDY}.controls.permuted_labels",
        "true or false",
    ),
    "text for number": ({f"{STUDY}.agents.reinforce.lr": "1e-"}, f"{STUDY}.agents.reinforce.lr = '1e-'", "above 0"),
    "list for name": ({f"{STUDY}.dataset": ["digits"]}, f"{STUDY}.dataset", "must be a name"),
    "text for list": ({f"{STUDY}.baselines": "he"}, f"{STUDY}.baselines = 'he'", "must be a list"),
    "list for section": ({f"{STUDY}.agents": ["random"]}, f"{STUDY}.agents", "must be a section of keys"),
    "number for agent": ({f"{STUDY}.agents.random": 3}, f"{STUDY}.agents.random = 3", "must be a section of keys"),
    "null section": ({f"{STUDY}.proxy": None}, f"{STUDY}.proxy = null", "must be a section of keys"),
    "null, as text": (
        {f"{STUDY}.fidelity": "null"},
        f"{STUDY}.fidelity = 'null'",
        "or null; write null without quotes",
    ),
    "date": ({"preset": yaml.safe_load("2026-01-01")}, "preset = '2026-01-01'", "use quotes"),
    # schedules
    "epsilon rises": (
        scheduled([0.5, 4], [0.9, 4]),
        f"{LAYERED_AGENT}.schedule",
        "epsilon rises from 0.5 to 0.9: it may only fall",
    ),
    "a row of nothing": (scheduled([1.0, 4], [0.5, 0]), f"{LAYERED_AGENT}.schedule", "epsilon 0.5 counts 0 models"),
    "no row": (scheduled(), f"{LAYERED_AGENT}.schedule", "number of entries at least 1"),
    "half a model": (scheduled([1.0, 2.5]), f"{LAYERED_AGENT}.schedule[0][1] = 2.5", "a whole number"),
    "longer than the search": (
        scheduled([1.0, 8], [0.5, 4]),
        f"{LAYERED_AGENT}.schedule",
        "counts 12 models, but the budget pays for 11 trials beside the finalists",
    ),
    "longer than the most trials": (
        {**scheduled([1.0, 6], [0.5, 4]), "studies.layered-cnn.search.most_trials": 9},
        f"{LAYERED_AGENT}.schedule",
        "counts 10 models, but a search has 9 trials",
    ),
    # ranges
    "share above 1": ({"datasets.digits.validation": 1.5}, "datasets.digits.validation = 1.5", "or published-test"),
    "negative rate": ({f"{STUDY}.agents.reinforce.lr": -0.1}, f"{STUDY}.agents.reinforce.lr = -0.1", "above 0"),
    "zero batch": ({f"{STUDY}.target.batch_size": 0}, f"{STUDY}.target.batch_size = 0", "at least 2"),
    "few runs": ({f"{STUDY}.controls.runs": 5}, f"{STUDY}.controls.runs = 5", "at least 20 and at most 10000"),
    "nan": ({f"{STUDY}.proxy.optimizer.lr": float("nan")}, f"{STUDY}.proxy.optimizer.lr = nan", "must be finite"),
    "infinity": ({f"{STUDY}.reward.scale": float("inf")}, f"{STUDY}.reward.scale = inf", "must be finite"),
    "nan option": (
        {f"{STUDY}.proxy.network_options": {"p": float("nan")}},
        f"{STUDY}.proxy.network_options.p",
        "finite",
    ),
    "no agents": ({f"{STUDY}.agents": {}}, f"{STUDY}.agents = an empty section", "at least 1"),
    "no studies": ({"studies": {}}, "studies = an empty section", "at least 1"),
    "device": ({"runtime.device": "gpu"}, "runtime.device = 'gpu'", "cpu or cuda (did you mean 'cuda'?)"),
    "protocol": ({f"{STUDY}.protocol": "correct"}, f"{STUDY}.protocol = 'correct'", "did you mean 'corrected'"),
    # names that do not exist
    "network": ({f"{STUDY}.proxy.network": "simple-cn"}, f"{STUDY}.proxy.network", "did you mean 'simple-cnn'"),
    "agent type": ({f"{STUDY}.agents.random.type": "rndom"}, f"{STUDY}.agents.random.type", "did you mean 'random'"),
    "space type": ({f"{STUDY}.space.type": "init_scale"}, f"{STUDY}.space.type", "did you mean 'init-scale'"),
    "type not text": ({f"{STUDY}.space.type": [1]}, f"{STUDY}.space.type = [1]", "there is no such space; allowed: "),
    "source": ({"datasets.digits.source": "digts"}, "datasets.digits.source", "did you mean 'digits'"),
    "dataset": ({f"{STUDY}.dataset": "digit"}, f"{STUDY}.dataset = 'digit'", "did you mean 'digits'"),
    "published, as text": ({f"{STUDY}.published": "null"}, f"{STUDY}.published = 'null'", "write null without quotes"),
    "published": ({f"{STUDY}.published": "init"}, f"{STUDY}.published = 'init'", "did you mean 'init-scale'"),
    "baseline": ({f"{STUDY}.baselines": ["xavie"]}, f"{STUDY}.baselines[0] = 'xavie'", "did you mean 'xavier'"),
    "claim": ({f"{STUDY}.claims": claims({"claim": "beat-agent"})}, f"{STUDY}.claims[0].claim", "'beats-agent'"),
    "claim's agent": ({f"{STUDY}.claims": claims({"agent": "reinforc"})}, f"{STUDY}.claims[0].agent", "'reinforce'"),
    "claim's other": ({f"{STUDY}.claims": claims({"against": "he"})}, f"{STUDY}.claims[0].against", "allowed: random"),
    "claim's baseline": (
        {f"{STUDY}.claims": claims({"claim": "selected-beats-baseline", "against": "lsuv"})},
        f"{STUDY}.claims[0].against = 'lsuv'",
        "allowed: he",
    ),
    "fidelity agent": ({f"{STUDY}.fidelity": {"agent": "grid"}}, f"{STUDY}.fidelity.agent", "no such agent"),
    "option": (
        {f"{STUDY}.target.network_options": {"dropot": 1}},
        f"{STUDY}.target.network_options.dropot",
        "'dropout'",
    ),
    # names that would be dangerous
    "shell": ({"studies.x; touch pwned": {}}, "studies.'x; touch pwned'", "lower-case letters"),
    "path": ({f"{STUDY}.agents.a/b": {"type": "random"}}, f"{STUDY}.agents.'a/b'", "lower-case letters"),
    "upper case": ({f"{STUDY}.agents.Random": {"type": "random"}}, f"{STUDY}.agents.Random", "lower-case letters"),
    "line end": ({f"{STUDY}.dataset": "digits\n"}, f"{STUDY}.dataset = 'digits\\n'", "lower-case letters"),
    "too long": ({f"{STUDY}.agents.{'a' * 61}": {"type": "random"}}, f"{STUDY}.agents", "at most 60 characters"),
    # keys that are missing
    "no type": ({f"{STUDY}.agents.random": {}}, f"{STUDY}.agents.random.type", "required"),
    "no space type": ({f"{STUDY}.space.type": GONE}, f"{STUDY}.space.type", "required"),
    "one missing": ({f"{STUDY}.target": GONE}, f"{STUDY}.target", "required"),
    "many missing": ({f"{STUDY}.search": {}}, f"{STUDY}.search", "required keys are missing: seeds, budget"),
    # rules between keys
    "range": ({f"{STUDY}.space.low": 2}, f"{STUDY}.space", "low 2.0 must be below high 1.7"),
    "range of one value": ({f"{STUDY}.space.low": 1.7}, f"{STUDY}.space", "one value leaves nothing to choose"),
    "range that rounds outside": (
        {f"{STUDY}.space.low": 0.304},
        f"{STUDY}.space",
        "low 0.304 is not a value of 2 decimals: give 0.3, 0.31, or 3 digits",
    ),
    "range that rounds to one value": (
        {f"{STUDY}.space": {"type": "init-scale", "low": 1, "high": 1.04, "digits": 1}},
        f"{STUDY}.space",
        "high 1.04 is not a value of 1 decimals: give 1.0, 1.1, or 2 digits",
    ),
    "range that rounds to 0": (
        {f"{STUDY}.space": {"type": "init-scale", "low": 0.0004, "high": 1.7, "digits": 2}},
        f"{STUDY}.space",
        "give 0.01, or 4 digits",
    ),
    "grid beyond the values": (
        {f"{STUDY}.space.high": 0.34, f"{STUDY}.agents.grid": {"type": "grid", "points": 6}},
        f"{STUDY}.agents.grid.points = 6",
        "must be at most 5: the space has no more different candidates",
    ),
    "controls beyond the values": (
        {f"{STUDY}.space.high": 0.31, f"{STUDY}.controls.actions": 3},
        f"{STUDY}.controls.actions = 3",
        "must be at most 2: the space has no more different candidates",
    ),
    "simulated twice": (
        {f"{STUDY}.controls.agents": ["random", "random"]},
        f"{STUDY}.controls.agents",
        "holds a value twice: 'random'; keep one",
    ),
    "frozen twice": (
        {f"{STUDY}.controls.gradient": {"updates": [0, 10, 10]}},
        f"{STUDY}.controls.gradient.updates",
        "holds a value twice: 10; keep one",
    ),
    "top twice": (
        {f"{STUDY}.controls.repetitions": {"top": [5, 5]}},
        f"{STUDY}.controls.repetitions.top",
        "holds a value twice: 5; keep one",
    ),
    "no trials": ({f"{STUDY}.search.budget": 2}, f"{STUDY}.search", "budget 2 leaves"),
    "no pass": ({f"{STUDY}.agents.grid": GRID}, f"{STUDY}.search.budget = 6", "must be at least 14"),
    "path of digits": ({"datasets.digits.path": "x.npz"}, "datasets.digits", "takes no `path`"),
    "npz without path": ({"datasets.digits.source": "npz"}, "datasets.digits.path", "the file or folder of your data"),
    "no test share": ({"datasets.digits.test": GONE}, "datasets.digits.test", "the share to hold out (0.2)"),
    "momentum": ({f"{STUDY}.proxy.optimizer.momentum": 0.9}, f"{STUDY}.proxy.optimizer", "takes no `momentum`"),
    "rho": ({f"{STUDY}.proxy.optimizer.rho": 0.1}, f"{STUDY}.proxy.optimizer", "takes no `rho`; it is for sam"),
    "unused dataset": ({"datasets.more": {"source": "cifar-10"}}, "datasets.more", "no study uses this dataset"),
    "reward of failure": ({f"{STUDY}.reward.failure": 0}, f"{STUDY}.reward.failure = 0.0", "must be below 0"),
    "fidelity points": ({f"{STUDY}.fidelity": {"agent": "random"}}, f"{STUDY}.fidelity.agent", "with `points`"),
    "slot twice": ({f"{STUDY}.baselines": ["he", "he"]}, f"{STUDY}.baselines", "2 slots would be called he"),
    # claims
    "claim twice": (
        {f"{STUDY}.claims": claims({}, {"margin": 0.02})},
        f"{STUDY}.claims[1]",
        "the same claim as claims[0]",
    ),
    "against itself": (
        {f"{STUDY}.claims": claims({"against": "reinforce"})},
        f"{STUDY}.claims[0].against",
        "no such other agent",
    ),
    "no opponent": (
        {f"{STUDY}.claims": claims({"against": GONE})},
        f"{STUDY}.claims[0].against",
        "required: another agent of the study",
    ),
    "one that it has not": (
        {f"{STUDY}.claims": claims({"claim": "convergence"})},
        f"{STUDY}.claims[0].against",
        "allowed: claim, agent, margin",
    ),
    "convergence of random": (
        {f"{STUDY}.claims": claims({"claim": "convergence", "agent": "random", "against": GONE})},
        f"{STUDY}.claims[0].agent = 'random'",
        "an agent that learns",
    ),
    "few searches": ({f"{STUDY}.claims": claims({})}, f"{STUDY}.search.seeds = 1", "must be at least 4"),
    "few retrainings": (
        {f"{STUDY}.claims": claims({"claim": "selected-beats-baseline", "against": "he"})},
        f"{STUDY}.retrain.seeds = 1",
        "too few seeds to decide",
    ),
    "few for convergence": (
        {f"{STUDY}.claims": claims({"claim": "convergence", "against": GONE}), f"{STUDY}.search.seeds": 2},
        f"{STUDY}.search.seeds = 2",
        "must be at least 3",
    ),
}


def change(settings: dict[str, Any], key: str, value: Any) -> None:
    """Set the value at a dotted key, or take it out."""
    *sections, last = key.split(".")
    here = settings
    for section in sections:
        here = here[section]
    if value is GONE:
        del here[last]
    else:
        here[last] = copy.deepcopy(value)
