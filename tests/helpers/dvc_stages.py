"""The stages of dvc.yaml, as DVC itself makes them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from clone import Project
from rlsearch.config import plugins
from rlsearch.config.models import Params
from rlsearch.provenance import module_files

# In a process of its own, since DVC warns and logs as it pleases. A dependency on settings has no path of its own:
# it names params.yaml and the keys, or no key for the whole file.
LIST_STAGES = """
import json
from dvc.repo import Repo
stages = {}
for stage in Repo(".").index.stages:
    settings = [dep for dep in stage.deps if hasattr(dep, "params")]
    stages[stage.addressing] = {
        "command": stage.cmd,
        "deps": [dep.def_path for dep in stage.deps if dep not in settings],
        "outs": [out.def_path for out in stage.outs],
        "keys": [key for dep in settings for key in (dep.params or [""])],
        "persist": [out.def_path for out in stage.outs if out.persist],
    }
print("STAGES " + json.dumps(stages))
"""


@dataclass(frozen=True)
class Stage:
    """One stage of dvc.yaml, with paths relative to the project."""

    command: str
    deps: list[str]
    outs: list[str]
    keys: list[str]
    persist: list[str]


def stages_of(project: Project) -> dict[str, Stage]:
    """Return the stages that DVC makes of dvc.yaml and params.yaml."""
    output = project.run("python", "-c", LIST_STAGES)
    line = next(line for line in output.splitlines() if line.startswith("STAGES "))
    return {name: Stage(**stage) for name, stage in json.loads(line.removeprefix("STAGES ")).items()}


def of_others(phase: str, params: Params) -> frozenset[str]:
    """Return the code of plugins that no job of a phase has under these settings, but for their own files."""
    moved = params.transfers.values() if phase == "transfer" else ()
    present = {"kinds": {plugins.load("sources", entry.source).SOURCE.KIND for entry in params.datasets.values()}}
    if moved:
        present = {
            "kinds": {plugins.takes(transfer.task.network) for transfer in moved},
            "networks": {transfer.task.network for transfer in moved},
            "spaces": {params.studies[transfer.study].space.type for transfer in moved},
        }
    used, unused = set[str](), set[str]()
    for kind, names in present.items():
        for name, plugin in plugins.by_name(kind).items():
            (used if name in names else unused).update(module_files(plugin.module))
    return frozenset(unused - used)
