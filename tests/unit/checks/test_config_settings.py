"""Settings survive a round trip, presets are valid, and a number is the same number however it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rlsearch.checks import budgets, read, validate
from rlsearch.config import plugins, schema
from rlsearch.config.base import Settings
from rlsearch.config.messages import dotted
from rlsearch.config.models import Params, RuntimeSettings
from rlsearch.config.resolved import dump, write_resolved
from rlsearch.errors import SettingsError
from rlsearch.files import digest, read_json
from shipped import PRESETS, ROOT


def smoke(**changes: Any) -> dict[str, Any]:
    """Return the smoke preset with another learning rate or reward of its study."""
    raw: dict[str, Any] = yaml.safe_load((ROOT / "presets" / "smoke.yaml").read_text(encoding="utf-8"))
    study = raw["studies"]["init-scale"]
    if "lr" in changes:
        study["agents"]["reinforce"]["lr"] = changes["lr"]
    if "scale" in changes:
        study["reward"]["scale"] = changes["scale"]
    return raw


def test_the_three_presets_are_there() -> None:
    assert {path.stem for path in PRESETS} >= {"smoke", "laptop", "paper"}


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_is_valid_and_survives_a_round_trip(path: Path) -> None:
    params = read(path)
    assert params.preset == path.stem
    assert validate(dump(params)) == params
    assert validate(json.loads(json.dumps(dump(params)))) == params
    assert digest(dump(validate(dump(params)))) == digest(dump(params))


def test_the_paper_preset_has_the_scale_of_the_source() -> None:
    params = read(ROOT / "presets" / "paper.yaml")
    named = params.studies
    studies = {name: study for name, study in named.items() if study.space.type == "init-scale"}
    assert {study.search.trials for study in studies.values()} == {200}
    assert {(study.proxy.epochs, study.target.epochs) for study in studies.values()} == {(7, 100)}
    full = named["layered-cnn-full"]
    chains = {name: study for name, study in named.items() if study.space.type == "metaqnn"}
    # There the costliest network takes up to a hundred times the mean: a search has to be able to begin with it.
    assert len(chains) == 4 and list(budgets.trained(params.model_copy(update={"studies": chains}))) == []
    assert (full.proxy.epochs, full.proxy.best_of_last, full.reward.power, full.proxy.optimizer.nesterov) == (
        50,
        5,
        3,
        True,
    )


@pytest.mark.parametrize("written", ["0.00001", "1e-5", "'1e-5'", "1.0e-05", "10.0e-6", "0.000010"])
def test_a_number_has_one_digest_however_it_is_written(written: str) -> None:
    expected = digest(dump(validate(smoke(lr=0.00001))))
    assert digest(dump(validate(smoke(lr=yaml.safe_load(written))))) == expected


def test_an_integer_and_a_float_have_one_digest_where_a_number_is_asked_for() -> None:
    assert digest(dump(validate(smoke(scale=10)))) == digest(dump(validate(smoke(scale=10.0))))


def test_a_number_too_large_for_a_float_is_a_fault() -> None:
    with pytest.raises(SettingsError, match=r"studies\.init-scale\.reward\.scale = 1000"):
        validate(smoke(scale=10**400))


def test_agents_and_space_get_their_own_models_with_defaults_filled_in() -> None:
    study = validate(smoke()).studies["init-scale"]
    assert dump(validate(smoke()))["studies"]["init-scale"]["agents"]["reinforce"]["hidden"] == 64
    assert type(study.agents["random"]) is plugins.load("agents", "random").SETTINGS
    assert type(study.space) is plugins.load("spaces", "init-scale").SETTINGS


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        validate(smoke()).runtime.workers = 2


def test_validation_does_not_touch_what_it_is_given() -> None:
    raw = smoke()
    validate(raw)
    assert raw == smoke()


def test_resolved_settings_are_written_once_under_their_digest(tmp_path: Path) -> None:
    params = validate(smoke())
    path = write_resolved(params, tmp_path)
    before = path.stat().st_mtime_ns
    assert path.stem == digest(dump(params))
    assert validate(read_json(path)) == params
    assert write_resolved(params, tmp_path) == path
    assert path.stat().st_mtime_ns == before
    assert write_resolved(validate(smoke(lr=0.5)), tmp_path) != path


def test_settings_that_a_run_has_checked_are_not_checked_by_each_job_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other file is: an edited one, and one whose name says nothing of what it holds."""
    params = validate(smoke())
    path = write_resolved(params, tmp_path)
    asked: list[Any] = []
    monkeypatch.setattr("rlsearch.checks.whole.faults", lambda params: asked.append(params) or [])
    assert read(path) == params and asked == []
    named = tmp_path / "mine.json"
    named.write_bytes(path.read_bytes())
    assert read(named) == params and len(asked) == 1
    path.write_text(path.read_text(encoding="utf-8").replace('"alpha":0.05', '"alpha":0.07'), encoding="utf-8")
    assert read(path) != params and len(asked) == 2
    path.write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError):
        read(path)


@pytest.mark.parametrize(
    ("model", "path", "words"),
    [
        (RuntimeSettings, ("device",), "cpu or cuda"),
        (RuntimeSettings, ("workers",), "a whole number, at least 1 and at most 256"),
        (Params, ("studies", "any", "alpha"), "a finite number, above 0 and below 1"),
        (Params, ("studies", "any", "claims", 0, "margin"), "a finite number, above 0 and at most 1000000000"),
        (Params, ("studies", "any", "fidelity"), "a section of keys, or null"),
        (Params, ("studies", "any", "controls", "permuted_labels"), "true or false"),
        (Params, ("datasets", "any", "validation"), "a finite number, above 0 and below 1, or published-test, or null"),
    ],
)
def test_what_a_key_allows_is_said_in_words(model: type[Settings], path: schema.KeyPath, words: str) -> None:
    assert schema.describe(model, path) == words


def test_a_dotted_path_quotes_what_could_not_be_a_name() -> None:
    assert dotted(("studies", "a b", "claims", 2, "agent")) == "studies.'a b'.claims[2].agent"


def test_a_plugin_is_found_by_its_name_and_a_wrong_name_is_helped() -> None:
    assert {"simple-cnn", "vgg-like"} <= set(plugins.names("networks"))
    assert {"digits", "cifar-10", "fashion-mnist"} <= set(plugins.names("sources"))
    assert plugins.find("sources", "cifar-10").file == plugins.ROOT / "data/sources/cifar_10.py"
    with pytest.raises(ValueError, match=r"no agent 'gird' .did you mean 'grid'"):
        plugins.load("agents", "gird")
