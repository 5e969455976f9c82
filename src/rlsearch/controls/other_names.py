"""Which proposals of repeated searches were known already, under the same or under another name.

In a space that keeps sequences of decisions apart (`Space.kept_apart`), several of them mean one network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.controls.meetings import Trace
from rlsearch.controls.simulate import PADDING, Integers
from rlsearch.search.answers.oracle import AnyOracle


def names_of(oracle: AnyOracle, actions: Integers) -> Integers | None:
    """Return a number for each sequence (..., decisions), (...); None where a network has one name alone.

    Fingerprints of 64 bits: sums that wrap around, with weights that are drawn by name.
    """
    if not oracle.renames:
        return None
    weights = seeds.generator("other-names").integers(2**63, size=actions.shape[-1])
    return np.asarray((actions - PADDING) @ weights)  # padding adds nothing


def block(traces: Sequence[Trace]) -> dict[str, Any]:
    """Return the block `other_names`, or nothing where networks have one name.

    Returns:
        Of each search, as shares of its trials: `repeated`, what was proposed before under the same name; `renamed`,
        what had been proposed under other names alone; and `cost`, the share of the FLOPs that went to `renamed`.
    """
    told = [(trace, trace.names) for trace in traces if trace.names is not None]
    if not told:
        return {}
    repeated, renamed, cost = [], [], []
    for trace, names in told:
        same, known = _seen(names), _seen(trace.rows)
        other = known & ~same
        spent = np.diff(trace.flops, prepend=0)
        repeated.append(float(same.mean()))
        renamed.append(float(other.mean()))
        cost.append(float(spent[other].sum() / spent.sum()))
    return {"other_names": {"repeated": repeated, "renamed": renamed, "cost": cost}}


def _seen(values: Integers) -> Any:
    """Return which values (n,) occur earlier, (n,)."""
    _, first = np.unique(values, return_index=True)
    seen = np.ones(len(values), bool)
    seen[first] = False
    return seen
