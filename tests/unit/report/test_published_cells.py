"""Numbers of recurrent cells (Zoph & Le 2017): as the slides print them, and what the notes work out of them."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rlsearch.measures import PERPLEXITY
from rlsearch.report import published, published_models
from rlsearch.report.published_models import Published
from rlsearch.report.study import StudyData
from rlsearch.report.tables import published as table
from rlsearch.spaces.recurrent_cell import RecurrentCell

# Suh 2017, the slide of Penn Treebank: millions of parameters and perplexity, row by row.
WORDS = [
    *[(2, 141.2), (2, 125.7), (6, 124.7), (7, 113.7), (9, 92.0), (6, 107.5), (5, 100.0), (20, 82.7), (66, 78.4)],
    *[(20, 79.7), (20, 78.6), (66, 75.2), (66, 73.4), (19, 78.9), (51, 73.2), (20, 80.6), (21, 70.9), (51, 68.5)],
    *[(24, 66.0), (32, 67.9), (25, 64.0), (54, 62.4)],
]
CHARACTERS = [(4.92, 1.250), (5.06, 1.233), (14.41, 1.219), (6.57, 1.243), (6.57, 1.228), (16.28, 1.214)]


@pytest.fixture(scope="module")
def entry() -> Published:
    found = published_models.load("recurrent-cell")
    assert found is not None
    return found


def rows(entry: Published, quantity: str) -> list[tuple[float, float]]:
    found = [number for number in entry.numbers if number.quantity == quantity]
    sizes = [re.search(r", ([\d.]+) M", number.candidate) for number in found]
    return [(float(size[1]), float(number.published)) for number, size in zip(found, sizes, strict=True) if size]


def test_the_tables_are_those_of_the_slides(entry: Published) -> None:
    assert rows(entry, "test perplexity") == WORDS and len(WORDS) == 22
    assert rows(entry, "test bits per character") == CHARACTERS
    assert [number.published for number in entry.numbers if "BLEU" in number.quantity] == ["24.1", "24.6"]
    assert len(entry.numbers) == len(WORDS) + len(CHARACTERS) + 2


def test_every_row_says_why_it_is_not_comparable(entry: Published) -> None:
    assert all(number.because for number in entry.numbers)


def test_notes_agree_with_the_arithmetic(entry: Published) -> None:
    told, space = " ".join(entry.notes), RecurrentCell()
    assert space.nominal_size == 8**16 * 15**2 == pytest.approx(6.33e16, rel=1e-3) and "6.33e16" in told
    assert f"{space.distinct_size.count:.2e}".replace("e+", "e") in told
    assert f"{2**1.214:.2f}" == "2.32" and "it would be 2.32" in told
    gains = (66.0 - 62.4, 66.0 - 64.0, 67.9 - 66.0, 1.243 - 1.228, 24.6 - 24.1, 16.28 / 6.57)
    assert gains == pytest.approx((3.6, 2.0, 1.9, 0.015, 0.5, 2.5), abs=0.03)
    conditions = " ".join(entry.conditions)
    assert (f"{80 / 79**2:.4f}", f"{80 / 64**2:.4f}") == ("0.0128", "0.0195")
    for text in (
        "80 / (validation perplexity)^2: 0.0128",
        "15,000 children",
        "35 epochs",
        "rate is 0.0005",
        "after 10",
    ):
        assert text in conditions, text
    assert "34 decisions" in conditions and len(space.plan) == 34
    assert (entry.proxy.epochs, entry.proxy.network_options["layers"]) == (35, 2)


@pytest.mark.parametrize(
    ("asked", "told"), [(None, None), (0.1, 0.1), ("published-test", "published-test")], ids=["null", "share", "test"]
)
def test_validation_on_a_part_of_its_own(entry: Published, asked: Any, told: Any) -> None:
    study = cast(StudyData, SimpleNamespace(dataset=SimpleNamespace(validation=asked, validation_share=0.2)))
    theirs, ours = published._validation(study, entry)
    assert theirs == "a part that comes with the data" and ours == (told or theirs)


def study(entry: Published, *slots: str) -> StudyData:
    """Return a study of other data that has these slots, the LSTM's retrained twice."""
    told: dict[str, Any] = {
        "published": entry.model_copy(update={"dataset": "ptb"}),
        "slots": [SimpleNamespace(name=slot) for slot in slots],
        "retrained": {"lstm": {"label": "an lstm", "runs": [{"test_loss": 1.0}, {"test_loss": 3.0}]}},
        "target_measure": PERPLEXITY,
    }
    return cast(StudyData, SimpleNamespace(**told))


def test_the_table_is_whole_whatever_a_study_measures(entry: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "differences", lambda *_: ["dataset toy-language instead of ptb"])
    for slots in ((), ("lstm",), ("lstm", "rhn", "nascell")):
        made = table.table(study(entry, *slots))
        assert len(made.rows) == len(entry.numbers) and "Left out" not in made.note
        assert all(row["comparable"] == "not comparable" and row["greyed"] for row in made.rows)
    beside = {row["published"]: row["measured"] for row in made.rows if row["measured"]}
    # exp of the mean loss, not the mean of perplexities.
    assert beside == {"82.7": "7.39 (mean of 2)"}
