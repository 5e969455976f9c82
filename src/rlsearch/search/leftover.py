"""What a search has left of its budget, and why, to the FLOP: the block `left` of summary.json."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rlsearch.search.budget import Account
from rlsearch.search.finalists import Finalist
from rlsearch.spaces.base import Spec

Unneeded = Callable[[Spec, int, int], int]
"""Maps a candidate, its trainings and their restarts to what more restarts would have taken (`Answers.unneeded`)."""


def left(account: Account, flops: int, finalists: Sequence[Finalist], unneeded: Unneeded) -> dict[str, Any]:
    """Return the block; the field names and their meaning are in docs/artefacts.md.

    All parts but `refused` add up to `flops`, what the trials and the finalists have left of the budget.

    Args:
        account: of the finished search; flops: what its trials took; finalists: as they were trained again.
    """
    limit = account.limit
    again = sum(finalist.flops for finalist in finalists)
    asked = sum(limit.replicates * account.price(finalist.key, finalist.spec) for finalist in finalists)
    restarts = sum(unneeded(finalist.spec, limit.replicates, finalist.restarts) for finalist in finalists)
    return {
        "flops": limit.total - flops - again,
        "ended": ended(account),
        "free": limit.total - account.spent - account.reserve,
        "refused": _refused(account),
        "failed_children": account.spent - flops,
        "empty_places": account.reserve - asked,
        "unneeded_restarts": restarts,
        "shorter_finalists": asked - again - restarts,
    }


def ended(account: Account) -> str:
    """Return what ended a search: its `budget`, `most_trials` of the settings, or the `agent`, who proposed no more."""
    if account.capped:
        return "most_trials"
    return "agent" if account.open else "budget"


def _refused(account: Account) -> dict[str, Any] | None:
    """Return what did not fit into what was free: a proposal and the growth of the reserve that it might have meant.

    Without a key: nothing was proposed any more, since not even the cheapest candidate would have fitted.
    """
    if ended(account) != "budget":
        return None
    if account.refused is None:
        return {"key": None, "flops": account.limit.least, "reserve": 0}
    refused = account.refused
    return {"key": refused.key, "flops": refused.price, "reserve": refused.reserve}
