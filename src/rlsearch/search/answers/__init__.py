"""Who answers for a study's children: `answers_of` builds it from the settings."""

from __future__ import annotations

from pathlib import Path

from rlsearch.config.models import Params
from rlsearch.search.answers.base import Answers as Answers
from rlsearch.search.answers.surrogate import SurrogateAnswers
from rlsearch.search.answers.table import TableAnswers
from rlsearch.search.answers.trained import TrainedAnswers


def answers_of(params: Params, study: str, root: Path = Path("."), *, permuted: bool = False) -> Answers:
    """Return what answers for a study's children; nothing is read or built before it is asked for.

    Args:
        permuted: train on shuffled labels, as a null control does.
    """
    settings = params.studies[study]
    if settings.trains:
        return TrainedAnswers(params, study, root, permuted=permuted)
    return TableAnswers(params, study, root) if settings.table else SurrogateAnswers(params, study, root)
