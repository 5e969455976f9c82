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

if TYPE_CHECKING:
    from rlsearch.config.models import Params, StudySettings

PACKAGE = Path(__file__).resolve().parent
ENTRIES = {
    "fetch": "rlsearch.data.fetch",
    "search": "rlsearch.phases.search",
    "controls": "rlsearch.phases.controls",
    "select": "rlsearch.phases.select",
    "retrain": "rlsearch.phases.retrain",
    "report": "rlsearch.phases.report",
}


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
    """Return the module name of an agent, a space or a network."""
    return f"rlsearch.{kind.replace('/', '.')}.{name.replace('-', '_')}"


def phase_modules(phase: str, params: Params, study: str = "", agent: str = "") -> list[str]:
    """Return the entry module of a phase and the plugins that its settings name."""
    modules = [ENTRIES[phase]]
    if phase == "fetch":
        modules += sorted({plugin_module("data/sources", entry.source) for entry in params.datasets.values()})
    if phase == "report":
        modules += sorted({plugin_module("spaces", entry.space.type) for entry in params.studies.values()})
    if not study:
        return modules
    return modules + _study_plugins(phase, params.studies[study], agent)


def _study_plugins(phase: str, study: StudySettings, agent: str) -> list[str]:
    from rlsearch.config import artefacts
    from rlsearch.config.twins import agent_of

    modules = []
    if phase in ("search", "controls", "select"):
        modules.append(plugin_module("spaces", study.space.type))
    if phase in ("search", "controls"):
        labels = [agent_of(agent)] if agent else list(study.agents)
        modules += [plugin_module("agents", study.agents[label].type) for label in labels]
        modules.append(plugin_module("networks", study.proxy.network))
    if phase == "controls" and artefacts.closed_loop(study) and study.table is not None:
        modules.append("rlsearch.controls.policy_repetitions")
    if phase == "retrain":
        modules.append(plugin_module("networks", study.target.network))
    return modules


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
