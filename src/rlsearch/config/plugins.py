"""Agents, spaces, networks, sources and kinds of data are found by file name: `type: my-agent` is `agents/my_agent.py`.

A settings model stands beside its class (`SETTINGS` in the module), and these modules import torch only inside
functions, so that settings are validated in a fraction of a second. Networks are `nn.Module` files, which cannot
avoid torch: they and the data sources are listed by file name, without importing them.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = frozenset({"base", "closed_loop"})
"""The files of a folder of plugins that need no underscore: they say what a plugin has to be."""

FOLDERS = {
    "figures": "report/figures",
    "sources": "data/sources",
    "kinds": "data/kinds",
    "optimizers": "training/optimizers",
}
"""Kinds whose files do not lie in the folder of their name."""


def names(kind: str) -> list[str]:
    """Return the names of all plugins of a kind ("agents", "spaces", "networks", "sources", "kinds"), sorted."""
    found = (info.name for info in pkgutil.iter_modules([str(ROOT / folder(kind))]))
    return sorted(name.replace("_", "-") for name in found if name not in CONTRACTS and not name.startswith("_"))


def file_of(kind: str, name: str) -> Path:
    """Return the source file of a plugin, relative to the package folder."""
    return folder(kind) / f"{name.replace('-', '_')}.py"


def load(kind: str, name: str) -> ModuleType:
    """Import a plugin's module.

    Raises:
        ValueError: no such plugin; the message names the nearest one and all others.
    """
    check(kind, name)
    return importlib.import_module(".".join(["rlsearch", *file_of(kind, name).with_suffix("").parts]))


def takes(network: str) -> str:
    """Return the kind of data that a network takes: `TAKES` in its file, "images" where it says nothing.

    The file is read and not imported, since networks import torch. A class registered in plain Python has none.
    """
    if network not in names("networks"):
        return "images"
    tree = ast.parse((ROOT / file_of("networks", network)).read_text(encoding="utf-8"))
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "TAKES" and isinstance(node, ast.Assign | ast.AnnAssign):
            return str(ast.literal_eval(node.value or ast.Constant(None)))
    return "images"


def check(kind: str, name: str) -> None:
    """Raise ValueError unless a plugin of this name exists."""
    known = names(kind)
    if name not in known:
        raise ValueError(
            f"there is no {kind.removesuffix('s')} {name!r}{nearest(name, known)}; allowed: {', '.join(known)}"
        )


def closest(name: str, known: list[str]) -> str | None:
    """Return the known name that is most like `name`, if any is like it."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.5)), None)


def nearest(name: str, known: list[str]) -> str:
    """Return " (did you mean 'x'?)" for the closest known name, or nothing."""
    close = closest(name, known)
    return f" (did you mean {close!r}?)" if close else ""


def folder(kind: str) -> Path:
    """Return the folder of a kind, relative to the package folder."""
    return Path(FOLDERS.get(kind, kind))
