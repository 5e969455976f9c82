"""Messages about settings: what is copied out of them stays in one piece."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from rlsearch.config.base import Settings
from rlsearch.config.faults import Fault
from rlsearch.config.messages import error_of, translate


class Lists(Settings):
    """A list of two or three whole numbers from 1 to 4."""

    lags: Annotated[tuple[Annotated[int, Field(ge=1, le=4)], ...], Field(strict=False, min_length=2, max_length=3)]


@pytest.mark.parametrize(
    ("lags", "faults"),
    [
        ([1], {("lags",): "must be a list, number of entries at least 2 and number of entries at most 3"}),
        ([1, 2, 3, 4], {("lags",): "must be a list, number of entries at least 2 and number of entries at most 3"}),
        ([1, 9], {("lags", 1): "must be a whole number, at least 1 and at most 4"}),
        ([1, 2], {}),
    ],
)
def test_a_list_is_told_its_bounds_and_a_wrong_entry_once(lags: list[int], faults: dict[Any, str]) -> None:
    found: list[Fault] = []
    try:
        Lists(lags=lags)
    except ValidationError as error:
        found = translate(error, Lists, {"lags": lags})
    assert {fault.path: fault.problem for fault in found} == faults


@pytest.mark.parametrize("lead", range(0, 100, 7))
def test_a_path_in_a_message_is_never_broken(lead: int) -> None:
    path = "/data/my-pictures/" + "a-long-folder-name/" * 8 + "mine.npz"
    fault = Fault(("datasets", "mine", "path"), f"{'x' * lead} {path} does not exist")
    said = str(error_of([fault], "params.yaml", {}))
    assert path in said
    assert "does not exist" in " ".join(said.split())
