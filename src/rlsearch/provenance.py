"""Which code, versions and machine a result came from."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch import __version__, extensions, processor, syntax
from rlsearch.config import plugins
from rlsearch.config.base import SpaceSettings
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
    "select": ("kinds", "optimizers", "slots", "spaces", "surrogates"),
    "retrain": ("kinds", "networks", "optimizers", "slots"),
    "transfer": ("kinds", "networks", "optimizers", "slots", "spaces"),
    "report": (*PAGE, "claims", "kinds", "optimizers", "slots", "spaces", "surrogates"),
}
"""The kinds of plugins whose code runs in a phase, beside what its entry module imports."""


def plugin_module(kind: str, name: str) -> str:
    """Return the module name of a plugin: an agent, a space, a network or a data source."""
    return plugins.find(kind, name).module


def every_module(phase: str) -> list[str]:
    """Return the entry module of a phase and all plugins of the package that any settings could name there."""
    shipped = [plugin.module for kind in PLUGINS[phase] for plugin in plugins.by_name(kind).values() if plugin.shipped]
    return [ENTRIES[phase], *sorted(shipped)]


def optimizer_modules(*sections: Settings, slots: Iterable[str] = ()) -> list[str]:
    """Return the module names of the optimizers that candidates may name.

    Those that these sections of a study name, its tasks and its space, and those whose name stands in the code of the
    space, or of a named optimizer that is not the package's.
    All, where a space or a kind of slots is not the package's: its code may put names together or ask for them.

    Args:
        sections: of a study; slots: the kinds of its slots, where these write the candidates.
    """
    optimizers = plugins.by_name("optimizers")
    spaces = [plugins.find("spaces", section.type) for section in sections if isinstance(section, SpaceSettings)]
    if not all(plugin.shipped for plugin in (*spaces, *(plugins.find("slots", kind) for kind in slots))):
        return sorted(plugin.module for plugin in optimizers.values())
    named = {text for section in sections for text in _texts(section.model_dump(mode="json"))}
    own = [plugin for name, plugin in optimizers.items() if name in named and not plugin.shipped]
    for path in closure(*(plugin.module for plugin in (*spaces, *own))):
        # Names in `config/` are defaults, which the settings above hold where they are taken.
        if path.suffix == ".py" and not path.is_relative_to(PACKAGE / "config"):
            named |= syntax.texts(path)
    return [plugin.module for name, plugin in sorted(optimizers.items()) if name in named]


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a JSON value but the keys of its mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)


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
        modules = {plugin_module("sources", name) for name in sources} | {
            plugin_module("kinds", name) for name in kinds
        }
        return [ENTRIES[phase], *sorted(modules)]
    if phase == "transfer":
        params = artefacts.transferred(params, study)
    studies = [params.studies[study]] if study else list(params.studies.values())
    labelled = [agents for settings in studies for agents in settings.agents.items()]
    section = "target" if phase in ("retrain", "transfer") else "proxy"
    named = {
        "claims": [claim.claim for settings in studies for claim in settings.claims],
        "agents": [settings.type for label, settings in labelled if agent_of(agent) in ("", label)],
        **{kind: plugins.names(kind) for kind in PAGE if kind in PLUGINS[phase]},
        # A kind of which a study has no slot says no more of it than that. Asked only where it counts: each kind is.
        "slots": [slot.kind for settings in studies for slot in artefacts.slots(settings)]
        if "slots" in PLUGINS[phase]
        else [],
        "kinds": [artefacts.kind_of(params, settings) for settings in studies],
        "networks": [settings.tasks[section].network for settings in studies if section in settings.tasks],
        "spaces": [settings.space.type for settings in studies],
        "surrogates": [settings.surrogate.name for settings in studies if settings.surrogate],
    }
    files = {kind: plugins.by_name(kind) for kind in PLUGINS[phase] if kind in named}
    modules = {files[kind][name].module for kind in files for name in named[kind]}
    if "optimizers" in PLUGINS[phase]:
        sections = [(*settings.tasks.values(), settings.space) for settings in studies]
        modules.update(optimizer_modules(*(one for several in sections for one in several), slots=named["slots"]))
    return [ENTRIES[phase], *sorted(modules)]


def phase_files(phase: str, params: Params, study: str = "", agent: str = "") -> list[str]:
    """Return the source files on which a job depends, as `module_files` does."""
    return module_files(*phase_modules(phase, params, study, agent))


def module_files(*modules: str) -> list[str]:
    """Return the source files of these modules and of all that they import, sorted.

    Those of the package and of `extensions/` are relative to the project's folder, those of other distributions are
    absolute paths.
    """
    tops = {f"{PACKAGE}/": PACKAGE.parents[1], **{f"{path}/": Path(path).parent for path in extensions.__path__}}
    files = map(str, closure(*modules))
    above = {file: next((tops[top] for top in tops if file.startswith(top)), None) for file in files}
    return sorted(file.removeprefix(f"{top}/") for file, top in above.items())


def answer_files(params: Params, study: str) -> tuple[Path, ...]:
    """Return the data that answers for a study's children come from, never a test set, below the project's folder.

    The parts of a dataset to train and to validate on; of a truth table its recipe and its validation part; the files
    that a surrogate reads, which may be absolute paths.
    """
    from rlsearch.config import artefacts

    settings = params.studies[study]
    if settings.trains:
        return artefacts.search_data(settings.dataset)
    if settings.surrogate is None:
        return tuple(artefacts.table_files(settings, "validation"))
    files = closure(plugin_module("surrogates", settings.surrogate.name))
    return tuple(path for path in files if path.suffix != ".py")


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
    by_package = {"python": platform.python_version(), "rlsearch": __version__}
    for name in names:
        try:
            by_package[name] = version(name)
        except PackageNotFoundError:
            continue
    return by_package


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
