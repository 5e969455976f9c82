"""A study's space and its networks: what could never be built together is one message before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import tiny
from rlsearch import checks
from rlsearch.checks import networks, transfers
from rlsearch.config import plugins
from rlsearch.errors import SettingsError
from rlsearch.search.answers import answers_of
from rlsearch.spaces._metaqnn_settings import MetaQNNSettings
from rlsearch.spaces.layered_cnn import LayeredCNN
from shipped import ROOT

LAYERS = [{"kernel": [3, 3], "stride": [2, 2], "filters": 8}]


def settings(name: str = "init-scale", **sections: Any) -> dict[str, Any]:
    raw = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text(encoding="utf-8"))
    study = raw["studies"]["init-scale"]
    for section, values in sections.items():
        study[section] = {**(study[section] if section in ("proxy", "target") else {}), **values}
    raw["studies"] = {name: {**study, "claims": [], "baselines": []}}
    return raw


def refused(raw: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        checks.check_work(checks.validate(raw))
    return " ".join(str(caught.value).split())


def test_a_space_names_its_networks() -> None:
    raw = settings(space={"type": "layered-cnn"}, agents={"random": {"type": "random"}})

    text = refused(raw)
    for section, network in (("proxy", "simple-cnn"), ("target", "vgg-like")):
        assert f"studies.init-scale.{section}.network = '{network}'" in text
    assert "is no network of space layered-cnn, which chooses its options; allowed: layered-cnn" in text


def test_a_network_of_a_space_needs_options_elsewhere() -> None:
    text = refused(settings(target={"network": "layered-cnn"}))
    assert "studies.init-scale.target.network = 'layered-cnn'" in text and "proxy.network" not in text
    assert "needs layers, which space init-scale does not choose: name a network that needs no options" in text
    assert "simple-cnn" in text and "or give it as network_options" in text
    given = settings(target={"network": "layered-cnn", "network_options": {"layers": LAYERS}})
    assert checks.validate(given).studies["init-scale"].target.network == "layered-cnn"


def test_a_space_may_bring_what_a_network_needs_without_naming_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LayeredCNN, "networks", ())
    network = {"network": "layered-cnn"}
    raw = settings(space={"type": "layered-cnn"}, proxy=network, target=network, agents={"random": {"type": "random"}})
    assert checks.validate(raw).studies["init-scale"].target.network == "layered-cnn"


def test_a_transfer_needs_a_network_of_the_studys_space_too() -> None:
    raw = yaml.safe_load((ROOT / "presets/laptop.yaml").read_text(encoding="utf-8"))
    study = raw["studies"]["layered-cnn"]
    raw["studies"] = {"layered-cnn": {**study, "claims": []}}
    raw["datasets"] = {name: entry for name, entry in raw["datasets"].items() if name == study["dataset"]}
    transfer = {"study": "layered-cnn", "slots": ["best-random"], "dataset": study["dataset"], "seeds": 2}
    raw["transfers"] = {"elsewhere": {**transfer, "task": {"network": "simple-cnn", "epochs": 1}}}
    text = refused(raw)
    assert "transfers.elsewhere.task.network = 'simple-cnn'" in text and "allowed: layered-cnn" in text
    raw["transfers"]["elsewhere"]["task"] = {
        "network": "layered-cnn",
        "epochs": 1,
        "network_options": {"layers": LAYERS},
    }
    assert "transfers.elsewhere.task.network_options.layers" in refused(raw)


def metaqnn(**space: Any) -> dict[str, Any]:
    """Return a study on images of 8x8 whose space has the paper's layers."""
    network = {"network": "metaqnn"}
    return settings(
        space={"type": "metaqnn", "size": 8, "depth": 3, **space},
        proxy=network,
        target=network,
        agents={"random": {"type": "random"}},
    )


def test_a_study_of_layer_chains() -> None:
    study = checks.validate(metaqnn(known={"line": " [sm(10)] "})).studies["init-scale"]
    assert isinstance(study.space, MetaQNNSettings) and study.space.known == {"line": "SM()"}


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"size": 16}, "space.size = 16 must be the side of the images, which are 1x8x8"),
        ({"channels": 3, "most_parameters": 900}, "space.channels = 3 must be 1, the channels of the images"),
        (
            {"classes": 3, "most_parameters": 900},
            "space.classes = 3 must be 10, the classes of the images, for which the limits count",
        ),
        ({"most_flops": 1}, "space most_flops 1 leave no network: GAP() alone has 4 parameters and takes 4 FLOPs"),
        ({"known": {"line": "C(4,3,1) - D(3)"}}, "space.known line: layer 2 'D(3)' is unknown; layers are C(filters,"),
        ({"known": {"line": "P(9,1) - SM()"}}, "known.line: layer 1 P(9,1) is larger than its map of 8x8"),
        ({"fields": [2]}, "space.fields = [2] must be odd, and 2 is not"),
        ({"pool_sizes": [[2, 2, 2]]}, "space.pool_sizes[0] = [2, 2, 2]"),
        ({"first": "full"}, "space.first = 'full' must be same or valid"),
    ],
)
def test_layer_chains_that_cannot_be(space: dict[str, Any], message: str) -> None:
    text = refused(metaqnn(**space))
    assert "one fault" in text and message in text, text


def test_published_networks_need_not_obey_the_rules() -> None:
    text = "P(2,2) - P(2,2) - C(521,2,2) - FC(7) - C(4,1,1) - GAP()"
    assert checks.validate(metaqnn(known={"published": text})).studies["init-scale"].baselines == ()


@pytest.mark.parametrize(
    ("section", "option", "hint"), [("proxy", "first", " and set space.first"), ("target", "layers", "")]
)
def test_an_option_that_candidates_bring_is_none_of_the_studys(section: str, option: str, hint: str) -> None:
    """The candidates would win without a word."""
    raw = metaqnn()
    raw["studies"]["init-scale"][section]["network_options"] = {option: "same", "dropout": False}
    said = f"{section}.network_options.{option} = 'same' comes with the candidates of space metaqnn, which win"
    text = refused(raw)
    assert f"{said}: leave it out here{hint} where:" in text and "one fault" in text
    raw["studies"]["init-scale"][section]["network_options"].pop(option)
    assert checks.validate(raw)


@pytest.mark.parametrize(
    ("section", "given", "message"),
    [
        ("target", {"head": "relu"}, "metaqnn has no head 'relu'; allowed: softmax, sigmoid"),
        ("proxy", {"head": "sigmoid"}, "metaqnn's head 'sigmoid' tells two classes apart, not 10"),
        ("proxy", {"dropout": 0.5}, "metaqnn has no dropout 0.5; allowed: True, False"),
    ],
)
def test_options_that_make_no_network(section: str, given: dict[str, Any], message: str) -> None:
    """A first training would tell, that of the target after all searches."""
    raw = metaqnn()
    raw["studies"]["init-scale"][section]["network_options"] = given
    raw["studies"]["init-scale"]["search"]["budget"] = 60  # enough for the costliest network
    said = f"{section}.network_options = a section with keys {next(iter(given))}"
    text = refused(raw)
    assert f"make no network for images of 1x8x8, 10 classes: {message}" in text and said in text
    assert "one fault" in text


def test_options_of_a_network_of_ones_own_choice() -> None:
    text = refused(settings(target={"network_options": {"dropout": [0.1, 2.0, 0.1, 0.1]}}))
    assert "target.network_options" in text and "make no network for images of 1x8x8" in text and "one fault" in text


def transferred(slot: str, **task: Any) -> dict[str, Any]:
    """Return a study of layer chains on images of 16x16, and a transfer of one of its slots to images of 8x8."""
    raw = metaqnn(size=16, initial_pool=True, known={"deep": "P(5,3) - P(3,2) - SM()"})
    raw["datasets"]["leaves"] = {"source": "leaves", "images": 100, "size": 16}
    raw["studies"]["init-scale"] |= {"dataset": "leaves", "baselines": ["deep"]}
    transfer = {"study": "init-scale", "slots": [slot], "dataset": "digits", "seeds": 2}
    raw["transfers"] = {"smaller": {**transfer, "task": {"network": "metaqnn", "epochs": 1, **task}}}
    return raw


def test_a_transfer_to_images_that_are_too_small() -> None:
    text = refused(transferred("deep"))
    wanted = "cannot be built for dataset digits: layer 2 P(3,2) is larger than its map of 2x2"
    assert f"transfers.smaller.slots[0] = 'deep' {wanted}" in text and "one fault" in text
    # Of what searches find nobody knows the depth.
    params = checks.validate(transferred("best-random"))
    (warning,), (brief,) = transfers.warnings(params), transfers.warnings(params, brief=True)
    assert " of 1,000 networks drawn from the space of init-scale cannot be built for it, such as " in warning
    assert "is larger than its map of" in warning and "where one fills best-random, it ends" in warning
    assert brief.startswith("smaller: ") and brief.endswith("for digits; see `rlsearch validate`") and len(brief) < 120


def test_the_options_of_a_transfer_are_those_of_its_network() -> None:
    text = refused(transferred("best-random", network_options={"haed": "softmax"}))
    assert "transfers.smaller.task.network_options.haed" in text and "did you mean 'head'" in text
    text = refused(transferred("best-random", network_options={"head": "sigmoid"}))
    assert "transfers.smaller.task.network_options" in text and "tells two classes apart, not 10" in text


def test_data_of_ones_own_are_compared_with_the_space_when_a_search_begins(tmp_path: Path) -> None:
    task = {"network": "metaqnn", "epochs": 1}
    changes = {"space": {"type": "metaqnn", "size": 9}, "proxy": task, "target": task}
    params = tiny.study(tmp_path, agents={"random": {"type": "random"}}, baselines=[], **changes)
    with pytest.raises(SettingsError, match="size must be the side of the images, which are 1x8x8") as caught:
        _ = answers_of(params, "tiny", tmp_path).prices()
    assert caught.value.where == "studies.tiny.space.size = 9"


@pytest.mark.parametrize(
    ("text", "needs"),
    [("NEEDS = ('a', 'b')", ("a", "b")), ("NET, NEEDS = 1, ['a']", ("a",)), ("NEEDS = 'a'", ()), ("", ())],
)
def test_what_a_network_needs_is_read_and_not_imported(
    text: str, needs: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks/mine.py").write_text(f"import nothing_that_there_is\n\n{text}\n", encoding="utf-8")
    monkeypatch.setattr(plugins, "ROOT", tmp_path)
    assert networks.needs("mine") == needs


@pytest.mark.parametrize(
    ("section", "given", "message"),
    [
        ("target", {"drop_path": 1.0}, "nasnet needs drop_path from 0 to below 1, got 1.0"),
        ("proxy", {"auxiliary": 0.4, "reductions": 0}, "nasnet has its auxiliary head before the last reduction"),
        ("proxy", {"reductions": 4}, "needs images of at least 16x16 pixels, got 8x8"),
    ],
)
def test_cells_that_cannot_be_stacked_so(section: str, given: dict[str, Any], message: str) -> None:
    network = {"network": "nasnet", "epochs": 1}
    raw = settings(
        space={"type": "nasnet-cells", "blocks": 1},
        proxy=dict(network),
        target=dict(network),
        agents={"random": {"type": "random"}},
    )
    study = raw["studies"]["init-scale"]
    study["search"] |= {"budget": 200, "most_trials": 20}
    study[section]["network_options"] = given
    text = refused(raw)
    assert f"studies.init-scale.{section}.network_options" in text and message in text and "one fault" in text
