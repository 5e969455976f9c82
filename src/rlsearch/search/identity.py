"""What a piece of work is: the digests under which outcomes are stored and searches are resumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rlsearch import provenance
from rlsearch.config.base import SpaceSettings
from rlsearch.config.models import Params, RuntimeSettings, TaskSettings
from rlsearch.data.digest import data_digest
from rlsearch.files import digest

PACKAGES = ("torch", "torchvision", "pytorch-optimizer")
"""Whose versions can change a child: kernels, networks, optimizers."""


def task_digest(
    settings: TaskSettings,
    space: SpaceSettings,
    runtime: RuntimeSettings,
    data: Sequence[Path],
    *,
    permuted: bool = False,
    on_test: bool = False,
    slots: Iterable[str] = (),
) -> str:
    """Return the digest of all that shapes a child besides its spec and seed.

    Settings, data, semantic code of training, network, optimizers and kind of data, device type, precision, threads,
    versions of PACKAGES. Of the space, and of the kinds of slots in `slots`, only the code of optimizers counts that
    they may name.
    """
    network, kind = provenance.plugin_module("networks", settings.network), provenance.kind_module(settings.network)
    optimizers = provenance.optimizer_modules(settings, space, slots=slots)
    code = provenance.code_digest("rlsearch.training.evaluate", network, kind, *optimizers)
    return digest(
        {
            "settings": settings.model_dump(mode="json"),
            "device": runtime.device,
            "threads": runtime.child_threads,
            "data": data_digest(data),
            "permuted": permuted,
            **({"measured": "test, after looking at validation"} if on_test else {}),
            "code": code,
            **{name: version(name) for name in PACKAGES},
        }
    )


def search_identity(params: Params, study: str, agent: str, seed: int, task: str) -> dict[str, Any]:
    """Return everything that shapes a search's proposals and rewards, as JSON values.

    The number of trials belongs to it only where the agent plans for its horizon, so that 50 trials can be extended
    to 100.
    """
    from rlsearch.config import artefacts, plugins
    from rlsearch.config.twins import arms

    settings = params.studies[study]
    chosen = arms(settings)[agent]
    kind = plugins.load("agents", chosen.type).AGENT
    learned = artefacts.learns_policy(settings, agent)
    driver = "run_control" if learned else "run_env"
    modules = [
        f"rlsearch.search.{driver}" if kind.driver == "env" else "rlsearch.search.ask_tell",
        "rlsearch.search.reward",
        provenance.plugin_module("agents", chosen.type),
        provenance.plugin_module("spaces", settings.space.type),
        *(["rlsearch.search.stepwise"] if learned else []),
    ]
    # A default that the settings leave out is part of the identity all the same.
    reward = settings.reward.model_copy(update={"steps": settings.reward.of_steps}) if learned else settings.reward
    horizon = settings.search.trials if kind.knows_horizon else None
    return {
        "study": study,
        "agent": agent,
        "agent_settings": chosen.model_dump(mode="json"),
        "space": settings.space.model_dump(mode="json"),
        "reward": reward.model_dump(mode="json"),
        "seed": seed,
        "task": task,
        "horizon": horizon,
        "code": provenance.code_digest(*modules),
    }
