"""A child that runs out of memory is tried once more; what is lost twice ends the search and is never recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable

from rlsearch.errors import RlsearchError
from rlsearch.training.outcome import Outcome

log = logging.getLogger(__name__)


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether the machine, and not the child, is at fault."""
    # torch raises its own error on a GPU, and a plain RuntimeError with these words on the CPU.
    return type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator" in str(error)


def retried(work: Callable[[], tuple[Outcome, float]]) -> tuple[Outcome, float]:
    """Return the outcome and the seconds of a child.

    Raises:
        RlsearchError: it ran out of memory twice.
    """
    try:
        return work()
    except MemoryError:
        log.warning("a child ran out of memory; it is tried once more")
    try:
        return work()
    except MemoryError as error:
        raise out_of_memory(error) from error


def out_of_memory(error: BaseException) -> RlsearchError:
    """Return the error that ends a search whose child was lost twice."""
    return RlsearchError(
        "a child was lost twice (out of memory, or its worker was killed); nothing was recorded for it",
        where=f"{type(error).__name__}: {error}",
        remedy="lower runtime.workers or the batch size, then run the same command again; finished trials are kept",
    )
