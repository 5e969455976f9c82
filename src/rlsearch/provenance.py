"""Which code, versions and machine a result came from.

A semantic code digest covers the syntax trees of a module and of everything in the package that it imports, without
comments and docstrings: editing words recomputes nothing, editing code recomputes what depends on it.
"""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlsearch import __version__, processor, syntax
from rlsearch.config import plugins

if TYPE_CHECKING:
    from rlsearch.config.models import Params

PACKAGE = Path(__file__).resolve().parent
ENTRIES = {
    "fetch": "rlsearch.data.fetch",
    "search": "rlsearch.phases.search",
    "controls": "rlsearch.phases.controls",
    "select": "rlsearch.phases.select",
    "retrain": "rlsearch.phases.retrain",
    "report": "rlsearch.phases.report",
}

TRAINING = ("agents", "kinds", "networks", "optimizers", "spaces")
PLUGINS: dict[str, tuple[str, ...]] = {
    "fetch": ("kinds", "sources"),
    "search": TRAINING,
    "controls": TRAINING,
    "select": ("kinds", "optimizers", "slots", "spaces"),
    "retrain": ("kinds", "networks", "optimizers", "slots"),
    "report": ("figures", "kinds", "optimizers", "slots", "spaces"),
}
"""The kinds of plugins whose code runs in a phase, beside what its entry module imports."""


def closure(*modules: str) -> list[Path]:
    """Return the files of these modules and of all package modules that they import, sorted.

    Imports inside functions count; those under `if TYPE_CHECKING` do not.
    """
    present = {f"{folder}/{name}" for folder, _, names in os.walk(PACKAGE) for name in names}
    found: set[str] = set()
    named: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in named:
            continue
        named.add(module)
        for path in _files(module):
            if path in present and path not in found:
                found.add(path)
                waiting.extend(syntax.imported(Path(path)))
    return sorted(map(Path, found))


def code_digest(*modules: str) -> str:
    """Return the semantic digest of the modules' import closure.

    Of `config/` the rules count (functions, properties, validators, tables) and the declarations of keys do not:
    settings enter every key by value, so a new key elsewhere recomputes nothing. The models of plugins stand in their
    own files, which count whole.
    """
    sha = hashlib.sha256()
    for path in closure(*modules):
        counted = syntax.semantic(path, declarations=not path.is_relative_to(PACKAGE / "config"))
        sha.update(f"{path.relative_to(PACKAGE)}\n{counted}\n".encode())
    return sha.hexdigest()[:32]


def plugin_module(kind: str, name: str) -> str:
    """Return the module name of a plugin: an agent, a space, a network or a data source."""
    return ".".join(["rlsearch", *plugins.file_of(kind, name).with_suffix("").parts])


def every_module(phase: str) -> list[str]:
    """Return the entry module of a phase and all plugins that any settings could name there."""
    found = [plugin_module(kind, name) for kind in PLUGINS[phase] for name in plugins.names(kind)]
    return [ENTRIES[phase], *found]


def optimizer_modules() -> list[str]:
    """Return the module names of all optimizers: a candidate may name any of them."""
    return [plugin_module("optimizers", name) for name in plugins.names("optimizers")]


def kind_module(network: str) -> str:
    """Return the module name of the kind of data that a network takes."""
    return plugin_module("kinds", plugins.takes(network))


def phase_modules(phase: str, params: Params, study: str = "", agent: str = "") -> list[str]:
    """Return the entry module of a phase and the plugins that the settings name: those of one study, or of all."""
    from rlsearch.config.twins import agent_of

    studies = [params.studies[study]] if study else list(params.studies.values())
    labelled = [agents for one in studies for agents in one.agents.items()]
    named = {
        "agents": [settings.type for label, settings in labelled if agent_of(agent) in ("", label)],
        **{kind: plugins.names(kind) for kind in ("figures", "optimizers", "slots")},
        "kinds": [plugins.takes(one.proxy.network) for one in studies],
        "networks": [(one.target if phase == "retrain" else one.proxy).network for one in studies],
        "sources": [entry.source for entry in params.datasets.values()],
        "spaces": [one.space.type for one in studies],
    }
    modules = {plugin_module(kind, name) for kind in PLUGINS[phase] for name in named[kind]}
    return [ENTRIES[phase], *sorted(modules)]


def phase_files(phase: str, params: Params, study: str = "", agent: str = "") -> list[str]:
    """Return the source files on which a job depends, relative to the repository root, sorted."""
    files = closure(*phase_modules(phase, params, study, agent))
    return [str(path.relative_to(PACKAGE.parents[1])) for path in files]


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


def _files(module: str) -> list[str]:
    """Return the files that importing a package module may run: its own and the `__init__` files above it."""
    first, *parts = module.split(".")
    if first != PACKAGE.name:
        return []
    paths = ["/".join([str(PACKAGE), *parts[:depth]]) for depth in range(len(parts) + 1)]
    return [*(f"{path}/__init__.py" for path in paths), f"{paths[-1]}.py"]
