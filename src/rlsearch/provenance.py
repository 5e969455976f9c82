"""Which code, versions and machine a result came from."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch import __version__, extensions, processor
from rlsearch.config import plugins
from rlsearch.import_closure import PACKAGE as PACKAGE
from rlsearch.import_closure import closure as closure
from rlsearch.import_closure import code_digest as code_digest

if TYPE_CHECKING:
    from rlsearch.config.base import Settings
    from rlsearch.config.models import Params

ENTRIES = {
    "fetch": "rlsearch.data.fetch",
    "search": "rlsearch.phases.search",
    "controls": "rlsearch.phases.controls",
    "select": "rlsearch.phases.select",
    "retrain": "rlsearch.phases.retrain",
    "transfer": "rlsearch.phases.transfer",
    "report": "rlsearch.phases.report",
}

TRAINING = ("agents", "kinds", "networks", "optimizers", "spaces", "surrogates")
PAGE = ("figures", "sections", "tables")
PLUGINS: dict[str, tuple[str, ...]] = {
    "fetch": ("kinds", "sources"),
    "search": TRAINING,
    "controls": TRAINING,
    "select": ("kinds", "optimizers", "slots", "spaces"),
    "retrain": ("kinds", "networks", "optimizers", "slots"),
    "transfer": ("kinds", "networks", "optimizers", "slots"),
    "report": (*PAGE, "claims", "kinds", "optimizers", "slots", "spaces", "surrogates"),
}
"""The kinds of plugins whose code runs in a phase, beside what its entry module imports."""


def plugin_module(kind: str, name: str) -> str:
    """Return the module name of a plugin: an agent, a space, a network or a data source."""
    return plugins.find(kind, name).module


def every_module(phase: str) -> list[str]:
    """Return the entry module of a phase and all plugins of the package that any settings could name there."""
    found = [one.module for kind in PLUGINS[phase] for one in plugins.by_name(kind).values() if one.shipped]
    return [ENTRIES[phase], *sorted(found)]


def optimizer_modules(*sections: Settings) -> list[str]:
    """Return the module names of the optimizers that candidates may name.

    All of the package's; from elsewhere those that stand in these sections of a study: its tasks and its space.
    """
    named = {text for section in sections for text in _texts(section.model_dump(mode="json"))}
    found = sorted(plugins.by_name("optimizers").items())
    return [plugin.module for name, plugin in found if plugin.shipped or name in named]


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a JSON value but the keys of its mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def kind_module(network: str) -> str:
    """Return the module name of the kind of data that a network takes."""
    return plugin_module("kinds", plugins.takes(network))


def phase_modules(phase: str, params: Params, study: str = "", agent: str = "") -> list[str]:
    """Return the entry module of a phase and the plugins that the settings name.

    Args:
        study: whose plugins; all studies' where it is not given. To fetch, a dataset takes its place.
    """
    from rlsearch.config import artefacts
    from rlsearch.config.twins import agent_of

    if phase == "fetch":
        sources = [entry.source for name, entry in params.datasets.items() if study in ("", name)]
        kinds = [plugins.load("sources", source).SOURCE.KIND for source in sources]
        found = {plugin_module("sources", name) for name in sources} | {plugin_module("kinds", name) for name in kinds}
        return [ENTRIES[phase], *sorted(found)]
    if phase == "transfer":
        params = artefacts.transferred(params, study)
    studies = [params.studies[study]] if study else list(params.studies.values())
    labelled = [agents for one in studies for agents in one.agents.items()]
    named = {
        "claims": [claim.claim for one in studies for claim in one.claims],
        "agents": [settings.type for label, settings in labelled if agent_of(agent) in ("", label)],
        **{kind: plugins.names(kind) for kind in (*PAGE, "slots")},
        "kinds": [plugins.takes(one.proxy.network) for one in studies],
        "networks": [(one.target if phase in ("retrain", "transfer") else one.proxy).network for one in studies],
        "spaces": [one.space.type for one in studies],
        "surrogates": [one.surrogate.name for one in studies if one.surrogate],
    }
    files = {kind: plugins.by_name(kind) for kind in PLUGINS[phase] if kind in named}
    modules = {files[kind][name].module for kind in files for name in named[kind]}
    if "optimizers" in PLUGINS[phase]:
        modules.update(optimizer_modules(*(part for one in studies for part in (one.proxy, one.target, one.space))))
    return [ENTRIES[phase], *sorted(modules)]


def phase_files(phase: str, params: Params, study: str = "", agent: str = "") -> list[str]:
    """Return the source files on which a job depends, sorted.

    Those of the package and of `extensions/` are relative to the project's folder, those of other distributions are
    absolute paths.
    """
    tops = {f"{PACKAGE}/": PACKAGE.parents[1], **{f"{path}/": Path(path).parent for path in extensions.__path__}}
    files = map(str, closure(*phase_modules(phase, params, study, agent)))
    above = {file: next((tops[top] for top in tops if file.startswith(top)), None) for file in files}
    return sorted(file.removeprefix(f"{top}/") for file, top in above.items())


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result."""
    names = (
        "torch",
        "torchvision",
        "pytorch-optimizer",
        "numpy",
        "scikit-learn",
        "gymnasium",
        "stable-baselines3",
        "sb3-contrib",
    )
    # Of the package the code that runs counts: an environment may hold the entry of another checkout.
    found = {"python": platform.python_version(), "rlsearch": __version__}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str]:
    """Return the processor and the kernels that torch takes on it."""
    return {"cpu": processor.cpu_model(), "kernels": processor.kernels()}


def record(params: Params, *, data: str, code: str, settings: str, device: str | None = None) -> dict[str, Any]:
    """Return the provenance block of `summary.json`, `metrics.json` and the controls."""
    return {
        "settings": settings,
        "data": data,
        "code": code,
        "versions": versions(),
        "device": device or params.runtime.device,
        "threads": params.runtime.child_threads,
        **machine(),
        "image": os.environ.get("RLSEARCH_IMAGE_DIGEST"),
    }
