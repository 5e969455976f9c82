"""What `src/` can do that it could not do before the folders were put in order, and how many statements that takes.

    python benchmarks/abilities.py [--base REVISION]

An ability is a list of places: folders (`surrogates/`), files (`stamps.py`), and functions, classes or methods
(`slots/base.py:filled`) below `src/rlsearch`. Where an ability grew out of code that was there before, the places of
that code are listed too, so that only the growth counts. Each place is counted in whichever of the two revisions has
it; what is in no list is the **shared rest**. A file of a listed folder that stands in a list itself counts there
alone. A place that is in neither revision, or that is counted twice, is an error.

The conformance suites were in `tests/conformance/` before they became part of the package: they are counted in both
places in both revisions, and belong neither to an ability nor to the rest.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Mapping, Sequence

import source_trees
from params_walk import definitions
from source_trees import Module
from structure import statements

BASE = "14c4cb3"
"""The last revision before the redesign."""

SUITES = ("rlsearch/testing/", "tests/conformance/")

ASKED = {
    "slots `top` and `ensemble`": (
        "slots/_ranked.py",
        "slots/ensemble.py",
        "slots/top.py",
        "checks/slots.py:asked",
        "phases/retrain.py:_members",
        "phases/retrain.py:_no_model",
        "search/retraining.py:Retraining._together",
        "training/ensemble.py",
    ),
    "transfers": (
        "checks/transfers.py",
        "config/artefacts.py:transfer_folder",
        "config/artefacts.py:transferred",
        "config/transfer_models.py",
        "overview/transfers.py",
        "phases/transfer.py",
        "report/tables/transfers.py",
    ),
    "surrogates, behind one seam with tables and training": (
        "checks/surrogates.py",
        "config/evaluator_models.py:SurrogateSettings",
        "evidence/worth.py:ExactTruth",
        "evidence/worth.py:exact",
        "search/answers/",
        "search/stopping.py",
        "search/drive.py",
        "search/instant.py",
        "search/phase.py",
        "search/proxy.py",
        "search/table_evaluator.py",
        "phases/search.py",
        "surrogates/",
    ),
    "plugins from `extensions/` and from installed distributions": (
        "cli/listing.py",
        "config/entry_points.py",
        "config/plugin_errors.py",
        "config/plugin_source.py",
        "config/plugins.py",
        "extensions.py",
        "import_closure.py",
        "provenance.py",
    ),
}
"""Abilities that the redesign was asked for."""

FURTHER = {
    "results of other settings and edited files are seen": (
        "config/asked.py",
        "evidence/mixture.py",
        "evidence/standing.py",
        "search/api.py:_difference",
        "search/api.py:_identified",
        "stamps.py",
    ),
    "what source files mean is remembered from job to job": ("code_facts.py",),
    "other measures than accuracy": (
        "evidence/amounts.py",
        "measures.py",
        "search/reward.py",
        "training/metrics.py",
        "units.py",
    ),
    "kinds of data, and sources with settings of their own": (
        "checks/kinds.py",
        "config/cuts.py",
        "config/dataset_models.py",
        "config/own_paths.py",
        "data/",
    ),
    "optimizers, schedules and clipping as data and plugins": (
        "config/optimizer_models.py",
        "config/task_models.py",
        "training/optimizers.py",
        "training/optimizers/",
        "training/package_optimizers.py",
        "training/plan.py",
    ),
    "closed loops other than the choice of an optimizer": (
        "envs/closed_loop.py",
        "envs/optimizer_selection.py",
        "spaces/closed_loop.py",
        "spaces/optimizer_selection.py",
    ),
    "equal networks under several names": (
        "spaces/_planted.py",
        "spaces/_rows.py",
        "spaces/_sequences.py",
        "spaces/_equal_sequences.py",
        "spaces/base.py",
        "spaces/init_scale.py:InitScale.optimum",
        "spaces/init_scale.py:InitScale.read",
        "spaces/layered_cnn.py:LayeredCNN.kept_apart",
        "truth/table.py",
        "truth/stored.py",
    ),
    "slots of one's own": (
        "evidence/select.py",
        "evidence/selection.py",
        "phases/select.py",
        "slots/",
    ),
    "claims of one's own": (
        "claims/",
        "config/claim_checks.py",
        "checks/claims.py",
        "evidence/claim_headroom.py",
        "evidence/claims.py",
        "evidence/table_claims.py",
    ),
    "figures, tables and sections of one's own": ("report/",),
}
"""Abilities that came with it."""

PLACES = [place for places in {**ASKED, **FURTHER}.values() for place in places]
FILES = {f"rlsearch/{place}" for place in PLACES if place.endswith(".py")}


def counted(places: Sequence[str], modules: Mapping[str, Module]) -> int:
    """Return the statements in these places, in one revision."""
    return sum(statements(node) for place in places for node in nodes(place, modules))


def nodes(place: str, modules: Mapping[str, Module]) -> Iterator[ast.AST]:
    """Yield the syntax trees of a place: none where a revision does not have it."""
    path, _, name = f"rlsearch/{place}".partition(":")
    for module in modules.values():
        inside = path.endswith("/") and module.path.startswith(path) and module.path not in FILES
        if name and module.path == path:
            yield from (node for (_, known), node in definitions(module) if known == name)
        elif inside or (not name and module.path == path):
            yield module.tree


def suites(revision: str | None) -> int:
    """Return the statements of the conformance suites."""
    files = source_trees.modules(revision, folders=("src", "tests/conformance")).values()
    return sum(statements(module.tree) for module in files if module.path.startswith(SUITES))


def without_suites(revision: str | None) -> dict[str, Module]:
    """Return the modules of `src/` that are no suites."""
    modules = source_trees.modules(revision)
    return {name: module for name, module in modules.items() if not module.path.startswith(SUITES)}


def faults(before: Mapping[str, Module], after: Mapping[str, Module]) -> list[str]:
    """Return what is wrong with the lists: places that are nowhere, and code that is counted twice."""
    found, taken = [], dict[int, str]()
    for place in PLACES:
        trees = [*nodes(place, before), *nodes(place, after)]
        if not trees:
            found.append(f"{place} is in neither revision: name the place where its code is now")
        for inside in (inside for tree in trees for inside in ast.walk(tree) if isinstance(inside, ast.stmt)):
            if taken.setdefault(id(inside), place) != place:
                found.append(f"{place} is counted in {taken[id(inside)]} as well")
                break
    return found


def report(base: str, revision: str | None = None) -> list[str]:
    """Return the lines that are printed.

    Raises:
        ValueError: the lists of places do not fit the code.
    """
    before, after = without_suites(base), without_suites(revision)
    if wrong := faults(before, after):
        raise ValueError("; ".join(wrong))
    whole = [sum(statements(module.tree) for module in side.values()) for side in (before, after)]
    lines, rest = [_row("statements, suites apart", *whole)], whole
    for title, group in (("asked for", ASKED), ("further", FURTHER)):
        rows = {name: (counted(places, before), counted(places, after)) for name, places in group.items()}
        sums = [sum(column) for column in zip(*rows.values(), strict=True)]
        rest = [left - there for left, there in zip(rest, sums, strict=True)]
        lines += [_row(f"abilities {title}", *sums), *(_row(f"  {name}", *row) for name, row in rows.items())]
        lines.append(_row("  what is left", *rest))
    return [*lines, _row("conformance suites", suites(base), suites(revision))]


def _row(name: str, before: int, after: int) -> str:
    return f"{name:<62} {before:>7,} {after:>7,} {after - before:>+7,}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what the abilities of the work tree take, beside a revision."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("revision", nargs="?", help="a git revision; the work tree by default")
    parser.add_argument("--base", default=BASE, help=f"the revision before (default {BASE})")
    given = parser.parse_args(arguments)
    print("\n".join(report(given.base, given.revision)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
