"""Slots on every dataset: levels, the loss above what can be reached, and whether all rank alike."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rlsearch.config import artefacts
from rlsearch.errors import RlsearchError
from rlsearch.evidence.results import Files
from rlsearch.measures import BLEU, PERPLEXITY
from rlsearch.report.study import StudyData
from rlsearch.report.tables import corpora, excess, rank_agreement
from rlsearch.statistics import intervals

ENTROPY = {"toy": 1.5, "docs": None, "mirror": None}


def runs(*losses: float | None, bleu: Sequence[float] = (), key: str = "k") -> Mapping[str, Any]:
    """Return what so many runs measured; null where a loss was not finite."""
    found: list[dict[str, float | None]] = [{"test_loss": loss} for loss in losses]
    for run, score in zip(found, bleu, strict=False):
        run["test_bleu"] = score
    return {"key": key, "runs": found}


def study(
    root: Path, retrained: Mapping[str, Any], moved: Mapping[tuple[str, str], Any], **proxies: float
) -> StudyData:
    """Return a study on `toy` with a transfer to `docs` and one to `mirror`, which records BLEU."""
    for name, entropy in ENTROPY.items():
        path = root / artefacts.data_folder(name) / "manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"counts": {}, "entropy": entropy}), encoding="utf-8")
    slots = [SimpleNamespace(name=name) for name in ("found", "lstm", "gru", "twin")]
    wanted = tuple(slot.name for slot in slots)
    told: dict[str, Any] = {
        "measure": PERPLEXITY,
        "target_measure": PERPLEXITY,
        "judged": "validation perplexity",
        "settings": SimpleNamespace(dataset="toy", tasks={"target": SimpleNamespace(recorded=())}),
        "slots": slots,
        "compared": slots,
        "retrained": retrained,
        "transferred": moved,
        "transfers": {
            "to-docs": SimpleNamespace(slots=wanted, dataset="docs", task=SimpleNamespace(recorded=())),
            "to-mirror": SimpleNamespace(slots=wanted, dataset="mirror", task=SimpleNamespace(recorded=(BLEU,))),
        },
        "selected": {
            name: {"key": retrained[name]["key"], "proxy": {"mean_perplexity": level}}
            for name, level in proxies.items()
        },
        "files": Files(root),
    }
    return cast(StudyData, SimpleNamespace(**told))


def test_excess_is_the_loss_of_each_run_above_the_entropy(tmp_path: Path) -> None:
    made = excess.table(study(tmp_path, {"found": runs(1.7, 1.9, None), "lstm": runs(1.6)}, {}))
    first, second = made.rows
    interval = intervals.t_interval((1.7 - 1.5, 1.9 - 1.5))
    assert interval is not None
    assert (first["dataset"], first["slot"], first["runs"], first["floor"]) == ("toy", "found", 2, 1.5)
    assert first["excess"] == pytest.approx(0.3)
    assert (first["excess_low"], first["excess_high"]) == pytest.approx((interval.low, interval.high))
    # An interval below the entropy is not cut: the mean on one test part can lie there.
    assert first["excess_low"] < 0
    assert second["excess"] == pytest.approx(0.1) and second["excess_low"] is None
    assert "Below 0" not in made.note


def test_what_is_below_the_entropy_is_named(tmp_path: Path) -> None:
    made = excess.table(study(tmp_path, {"found": runs(1.45), "lstm": runs(1.6)}, {}))
    assert made.rows[0]["excess"] == pytest.approx(-0.05)
    assert made.note.endswith("because something has seen the test part: found on toy.")


def test_data_of_unknown_entropy_have_no_excess(tmp_path: Path) -> None:
    moved = {("to-docs", "found"): runs(1.0), ("to-mirror", "found"): runs(1.0)}
    made = study(tmp_path, {"found": runs(2.0)}, moved)
    assert [row["dataset"] for row in excess.table(made).rows] == ["toy"]


def test_data_that_are_not_fetched_have_no_excess(tmp_path: Path) -> None:
    made = study(tmp_path, {"found": runs(2.0)}, {})
    (tmp_path / artefacts.data_folder("toy") / "manifest.json").unlink()
    assert excess.table(made).rows == []


def test_a_damaged_manifest_is_refused_by_its_place(tmp_path: Path) -> None:
    made = study(tmp_path, {"found": runs(2.0)}, {})
    (tmp_path / artefacts.data_folder("toy") / "manifest.json").write_text("[]", encoding="utf-8")
    with pytest.raises(RlsearchError, match="it has no counts"):
        excess.table(made)


def test_slots_stand_beside_all_datasets_on_which_they_were_trained(tmp_path: Path) -> None:
    retrained = {"found": runs(1.0, 3.0, key="a"), "lstm": runs(1.0, key="b"), "gru": runs(1.0, key="c")}
    moved = {
        ("to-docs", "found"): runs(0.5, key="a"),
        ("to-mirror", "found"): runs(0.7, bleu=[40.0], key="a"),
        ("to-mirror", "lstm"): runs(0.9, 1.1, bleu=[30.0, 50.0], key="b"),
    }
    made = corpora.table(study(tmp_path, retrained, moved, found=8.0))
    rows = {row["slot"]: row for row in made.rows}
    # What is not transferred stands in the table of slots alone.
    assert set(rows) == {"found", "lstm"}
    assert rows["found"]["proxy"] == 8.0 and rows["lstm"]["proxy"] is None
    # exp of the mean loss: a mean of perplexities would be 11.4.
    assert rows["found"]["target_perplexity"] == pytest.approx(math.exp(2.0))
    assert rows["lstm"]["to-mirror_bleu"] == pytest.approx(40.0) and rows["lstm"]["to-mirror_bleu_runs"] == 2
    assert rows["lstm"]["to-docs_perplexity"] is None and rows["lstm"]["to-docs_perplexity_runs"] is None
    columns = {column.key: column for column in made.columns}
    assert columns["to-mirror_bleu"].title == "to-mirror: test BLEU, mirror"
    assert columns["target_perplexity"].cell(rows["found"]) == "7.39"
    low, high = rows["lstm"]["to-mirror_perplexity_low"], rows["lstm"]["to-mirror_perplexity_high"]
    assert low < math.exp(1.0) < high


def test_nothing_is_shown_of_a_study_without_transfers(tmp_path: Path) -> None:
    made = study(tmp_path, {"found": runs(1.0)}, {})
    assert corpora.table(made).rows == [] and rank_agreement.table(made).rows == []


def test_datasets_rank_alike_or_not(tmp_path: Path) -> None:
    """On the target found < lstm < gru; docs has the same order, mirror the opposite one."""
    names = ("found", "lstm", "gru")
    retrained = {name: runs(1.0 + place, key=name) for place, name in enumerate(names)}
    moved = {("to-docs", name): runs(2.0 + place, key=name) for place, name in enumerate(names)}
    moved |= {("to-mirror", name): runs(9.0 - place, key=name) for place, name in enumerate(names)}
    made = rank_agreement.table(study(tmp_path, retrained, moved, found=4.0, lstm=6.0))
    rows = {row["on"]: row for row in made.rows}
    assert (rows["target"]["proxy_tau"], rows["target"]["proxy_n"]) == (1.0, 2)
    assert "target_tau" not in rows["target"]
    assert (rows["to-docs"]["target_tau"], rows["to-docs"]["target_n"]) == (pytest.approx(1.0), 3)
    assert rows["to-mirror"]["target_tau"] == pytest.approx(-1.0) and rows["to-mirror"]["proxy_tau"] == -1.0
    assert {column.key: column.cell(rows["to-mirror"]) for column in made.columns}["target_tau"] == "−1.00"
    assert rows["to-docs"]["target_low"] is None


def test_a_baseline_built_anew_in_another_size_is_still_compared(tmp_path: Path) -> None:
    retrained = {name: runs(1.0 + place, key=name) for place, name in enumerate(("found", "lstm", "gru"))}
    moved = {
        ("to-docs", name): {**value, "key": f"{name}-wider", "selected": {"key": name}}
        for name, value in retrained.items()
    }
    rows = {row["on"]: row for row in rank_agreement.table(study(tmp_path, retrained, moved)).rows}
    assert rows["to-docs"]["target_n"] == 3 and rows["to-docs"]["target_tau"] == pytest.approx(1.0)


def test_slots_of_one_candidate_count_once(tmp_path: Path) -> None:
    names = {"found": "a", "twin": "a", "lstm": "b"}
    retrained = {name: runs(1.0 if key == "a" else 2.0, key=key) for name, key in names.items()}
    moved = {("to-docs", name): value for name, value in retrained.items()}
    rows = {row["on"]: row for row in rank_agreement.table(study(tmp_path, retrained, moved)).rows}
    assert rows["to-docs"]["target_n"] == 2 and rows["to-docs"]["proxy_n"] == 0
    assert rows["to-docs"]["proxy_tau"] is None
