"""A stratified sample of what searches trained: which networks there are, how they are cut, and which one is drawn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import made_up_table
import mock_study
import tiny
from artefact_factory import build, settings
from rlsearch import checks
from rlsearch.claims import base as claims
from rlsearch.config import artefacts
from rlsearch.errors import SettingsError
from rlsearch.evidence import fidelity
from rlsearch.evidence.results import Results
from rlsearch.files import read_json
from rlsearch.measures import ACCURACY, CROSS_ENTROPY
from rlsearch.slots import _trained, stratum
from rlsearch.slots._trained import Trained, trained
from rlsearch.slots.base import Searched
from rlsearch.spaces.nasnet_cells import SETTINGS, NASNetCells
from search_factory import PROXY_FLOPS, TARGET_FLOPS

STUDY = "init-scale"


def trial(key: str, level: float | None, *, replicate: int = 0, status: str = "ok", actions: Any = (0,)) -> Any:
    metrics = {} if level is None else {"accuracy": level, "loss": 1.0 - level}
    head = {"key": key, "spec": {"name": key}, "actions": list(actions), "replicate": replicate}
    return {**head, "status": status, "metrics": metrics}


class Names:
    """A space without equal sequences, whose labels are the names in its specs."""

    kept_apart = ""

    def describe(self, spec: Mapping[str, Any]) -> str:
        return f"label {spec['name']}"


def found(*ledgers: tuple[int, Sequence[Any]], space: Any = None, measure: Any = ACCURACY) -> list[Trained]:
    return trained(ledgers, space or Names(), measure)


def test_each_training_counts_once_whoever_asked_for_it() -> None:
    """A child's seed is made of the search seed and the replicate, not of the agent: two agents meet one training."""
    first = [trial("a", 0.5), trial("a", 0.5), trial("a", 0.7, replicate=1), trial("b", 0.9)]
    networks = found((0, first), (0, [trial("a", 0.5)]), (1, [trial("a", 0.9)]))
    assert [(one.key, one.levels) for one in networks] == [("b", (0.9,)), ("a", (0.5, 0.7, 0.9))]


def test_what_did_not_end_ok_has_no_level() -> None:
    diverged, failed = trial("a", 0.1, status="diverged"), trial("b", None, status="failed")
    networks = found((0, [diverged, failed]), (1, [trial("a", 0.8), trial("c", float("nan"))]))
    assert [(one.key, one.levels, one.other) for one in networks] == [("a", (0.8,), 1), ("b", (), 1), ("c", (), 1)]


def test_the_best_come_first_in_any_measure_and_keys_decide_between_equal_ones() -> None:
    ledger = [trial("c", 0.5), trial("b", 0.8), trial("a", 0.5)]
    assert [one.key for one in found((0, ledger))] == ["b", "a", "c"]
    assert [one.key for one in found((0, ledger), measure=CROSS_ENTROPY)] == ["b", "a", "c"]


def test_names_that_a_space_keeps_apart_are_one_network() -> None:
    space = NASNetCells(SETTINGS(blocks=1, cells="shared", canonical=False))
    swapped = [(0, 1, 3, 5, 0), (1, 0, 5, 3, 0)]
    keys = [space.key(space.decode(actions)) for actions in swapped]
    assert keys[0] != keys[1] and space.canonical(swapped[0]) == space.canonical(swapped[1])
    ledger = [trial(key, level, actions=actions) for key, level, actions in zip(keys, (0.5, 0.7), swapped, strict=True)]
    (network,) = found((0, ledger), space=space)
    assert (network.key, sorted(network.levels)) == (min(keys), [0.5, 0.7]), "both were trained, each under its key"


@pytest.mark.parametrize(("size", "count"), [(0, 3), (2, 4), (8, 8), (17, 5), (118, 8)])
def test_strata_cover_all_in_order_and_are_nearly_equal(size: int, count: int) -> None:
    population = [Trained({}, f"{number:03d}", (0.5,), 0) for number in range(size)]
    parts = stratum.strata(population, count)
    assert [one for part in parts for one in part] == population and len(parts) == count
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert list(map(len, parts)) == sorted(map(len, parts), reverse=True)


class Study:
    """What the kind asks of a study."""

    measure = ACCURACY

    def __init__(self, sample: int) -> None:
        self.fidelity = type("Fidelity", (), {"sample": sample, "seeds": 1, "agent": None})()


def files(ledger: Sequence[Any], sample: int, name: str = "mine") -> list[dict[str, Any]]:
    searched = Searched(
        name,
        Study(sample),  # type: ignore[arg-type]
        Names(),  # type: ignore[arg-type]
        {("random", 0): {}, ("random-never-updated", 0): {}},
        trials=lambda agent, _: ledger if agent == "random" else [],
        finalists=lambda *_: pytest.fail("finalists are trained anew, and were chosen"),
        form=lambda: pytest.fail("no form is needed"),
    )
    return [stratum.SLOT.fill(slot, searched) for slot in stratum.SLOT.slots(searched.settings)]


LEDGER = [trial(f"{number:02d}", 0.3 + number / 50) for number in range(30)]


def test_one_of_each_stratum_is_drawn_by_a_named_seed() -> None:
    drawn = files(LEDGER, 5)
    places = [29 - int(file["key"]) for file in drawn]
    assert [place // 6 for place in places] == [0, 1, 2, 3, 4], "the best first, one of each"
    assert drawn == files(list(reversed(LEDGER)), 5), "the order of the trials decides nothing"
    assert [file["key"] for file in drawn] != [file["key"] for file in files(LEDGER, 5, name="other")]
    assert drawn[0]["stratum"] == {"networks": 6, "best": pytest.approx(0.88), "worst": pytest.approx(0.78)}
    assert drawn[0]["label"] == f"label {drawn[0]['key']}" and drawn[0]["proxy"]["n"] == 1


def test_every_network_of_a_stratum_can_be_drawn() -> None:
    names = [f"study-{number}" for number in range(200)]
    drawn = Counter(files(LEDGER, 3, name=name)[0]["key"] for name in names)
    assert set(drawn) == {f"{number:02d}" for number in range(20, 30)}


def test_fewer_networks_than_strata_leave_slots_empty() -> None:
    drawn = files([*LEDGER[:2], trial("lost", None, status="failed")], 4)
    assert [file["status"] for file in drawn] == ["filled", "filled", "empty", "empty"]
    assert [file["key"] for file in drawn] == ["01", "00", None, None]
    assert drawn[2]["reason"] == "the searches trained 2 different networks, and `fidelity.sample` asks for 4"
    assert drawn[0]["sample"] == {"networks": 2, "left_out": 1}
    told = stratum.SLOT.about(drawn)
    assert "sample of the 2 different ones" in told and "1 network of which no training ended ok" in told
    assert stratum.SLOT.about([]) == "No network is sampled yet."


def test_evidence_compares_over_a_sample_as_over_a_grid(tmp_path: Path) -> None:
    params = build(tmp_path, raw=settings(fidelity={"sample": 12, "seeds": 2}))
    study, results = params.studies[STUDY], Results(params, STUDY, tmp_path)
    slots = [slot for slot in artefacts.slots(study) if slot.role == "point"]
    assert [slot.name for slot in slots] == [f"stratum-{place:02d}" for place in range(12)]
    assert {(slot.seeds, slot.seeds_in) for slot in slots} == {(2, "fidelity")}
    compared = fidelity.evaluate(results)
    assert compared["slots"] == compared["all"]["n"] == 12 and compared["all"]["interval"] is not None
    assert compared["noun"] == "sampled network" and compared["all"]["tau"] > 0.3
    assert compared["cost"] == {"proxy": PROXY_FLOPS, "target": TARGET_FLOPS, "cut": 20.0}
    levels = [point["proxy"] for point in compared["points"]]
    assert levels == sorted(levels, reverse=True)
    # What searches visited is neither a ceiling nor trained in every search.
    rooms = {claim.settings.claim: claim.headroom(results) for claim in claims.of_study(study)}
    assert rooms["beats-agent"].gain is rooms["selected-beats-baseline"].gain is None
    assert read_json(tmp_path / artefacts.select_folder(STUDY) / "stratum-00.json")["source"] == "0"


def test_levels_of_a_slot_are_those_of_its_trainings() -> None:
    numbers = _trained.level_numbers([0.5, 0.7], 1, ACCURACY)
    assert (numbers["mean_accuracy"], numbers["n"], numbers["excluded"]) == (pytest.approx(0.6), 2, 1)
    assert _trained.level_numbers([0.5], 0, ACCURACY)["sd_accuracy"] is None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "both": ({"agent": "grid", "sample": 8}, r"one of `agent`.*and has both"),
    "neither": ({"seeds": 2}, r"one of `agent`.*and has neither"),
    "two": ({"sample": 2}, r"fidelity.sample = 2.*at least 3 and at most 1000"),
    "more than there are": ({"sample": 500}, "fidelity.sample = 500.*must be at most 141"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_sample_that_cannot_be_is_refused(name: str) -> None:
    asked, message = REFUSED[name]
    with pytest.raises(SettingsError) as error:
        checks.validate(settings(fidelity=asked))
    told = " ".join(str(error.value).split())
    assert "studies.init-scale.fidelity" in told
    assert re.search(message, told)


def test_closed_loops_and_surrogates_have_none(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"fidelity\.sample = 4(?s:.*)answered step by(?s:.*)set `fidelity` to null"
    ):
        tiny.study(tmp_path, **{**tiny.CONTROL, "fidelity": {"sample": 4}})
    with pytest.raises(
        SettingsError, match=r"layers\.fidelity\s(?s:.*)must be null: it compares levels of one measure"
    ):
        made_up_table.study(evaluator={"type": "surrogate", "name": "planted"}, fidelity={"sample": 4})
    with pytest.raises(SettingsError, match=r"mock\.fidelity\s(?s:.*)nothing is retrained(?s:.*)must be null"):
        mock_study.study(fidelity={"sample": 4})
