"""Data and networks of one kind: what is refused before anything runs, in one message that names the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rlsearch import checks
from rlsearch.checks import kinds
from rlsearch.config import plugins
from rlsearch.config.faults import Fault
from rlsearch.data.images import cuts as images_cuts
from rlsearch.data.sources.digits import Digits
from rlsearch.errors import SettingsError
from shipped import ROOT


def refused(**task: Any) -> str:
    raw = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text(encoding="utf-8"))
    raw["studies"] = {"init-scale": raw["studies"]["init-scale"]}
    raw["studies"]["init-scale"]["target"] |= task
    with pytest.raises(SettingsError) as caught:
        checks.validate(raw)
    return " ".join(str(caught.value).split())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TAKES = 'tokens'", "tokens"),
        ("TAKES: str = 'tokens'", "tokens"),
        ("import nothing_that_there_is\n\nTAKES = 'tokens'", "tokens"),
        ("def forward():\n    TAKES = 'tokens'", "images"),
        ("MODEL, TAKES = None, 'tokens'", "tokens"),
        ("NAME = 'tokens'\nTAKES = NAME", "NAME"),
        ("", "images"),
    ],
)
def test_what_a_network_takes_is_read_and_not_imported(
    text: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks/mine.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(plugins, "ROOT", tmp_path)
    assert plugins.takes("mine") == kind


def test_all_networks_of_the_package_take_a_kind_that_there_is() -> None:
    assert {plugins.takes(name) for name in plugins.names("networks")} <= set(plugins.names("kinds"))
    assert plugins.takes("registered-in-a-notebook") == "images"


def test_a_network_of_an_unknown_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "takes", lambda network: "image")
    text = refused()
    assert "studies.init-scale.proxy.network" in text and "/networks/simple_cnn.py" in text
    assert "TAKES = 'image' (did you mean 'images'?); allowed: images" in text


def test_a_source_of_an_unknown_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Digits, "KIND", "sound")
    text = refused()
    assert "datasets.digits.source" in text and "/data/sources/digits.py" in text and "KIND = 'sound'; allowed" in text


def test_an_augmentation_that_the_kind_of_data_does_not_have() -> None:
    text = refused(augment=["crop-flip", "crop-flop"])
    assert "studies.init-scale.target.augment[1] = 'crop-flop'" in text
    assert "no such augmentation of images (did you mean 'crop-flip'?); allowed: crop-flip" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cutout", "allowed: crop-flip, cutout-SIZE"),
        ("cutout-0", "allowed: crop-flip, cutout-SIZE"),
        ("crop-flip-2", "no such augmentation of images (did you mean 'crop-flip'?); allowed: crop-flip, cutout-SIZE"),
        ("cutout-9", "is too large for images of 1x8x8, 10 classes: its size may be 1 to 8 there"),
    ],
)
def test_an_augmentation_of_a_size(name: str, words: str) -> None:
    text = refused(augment=["crop-flip", name])
    assert f"studies.init-scale.target.augment[1] = '{name}'" in text and words in text


def test_a_record_that_the_kind_of_data_does_not_have() -> None:
    text = refused(record=["one-clas"])
    assert "studies.init-scale.target.record[0] = 'one-clas'" in text
    assert "no such record of images (did you mean 'one-class'?); allowed: one-class" in text


def test_a_level_to_begin_again_at_that_no_network_has() -> None:
    text = refused(restart={"threshold": 50})
    assert "studies.init-scale.target.restart.threshold = 50" in text
    assert "must be a level of accuracy, from 0 to 1; null takes what guessing is worth" in text


def test_a_network_for_other_data_than_the_studys(monkeypatch: pytest.MonkeyPatch) -> None:
    names = plugins.names
    monkeypatch.setattr(plugins, "names", lambda kind: [*names(kind), *(["tokens"] if kind == "kinds" else [])])
    monkeypatch.setattr(plugins, "takes", lambda network: "tokens" if network == "vgg-like" else "images")
    text = refused(network="vgg-like")
    assert "studies.init-scale.target.network" in text and "proxy" not in text
    assert "takes tokens, and dataset digits holds images; allowed: edge-cell, layered-cnn, metaqnn, nasnet" in text


def test_a_part_without_samples_is_refused_whatever_the_kind_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of one's own need not check its cuts: a plan would divide by them."""
    monkeypatch.setattr(images_cuts, "faults", lambda *_: iter(()))
    raw = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text(encoding="utf-8"))
    raw["datasets"]["digits"] |= {"validation": 0.999, "train_size": 100}
    with pytest.raises(SettingsError, match="leaves nothing for training; change its test, validation or train_size"):
        checks.validate(raw)


@pytest.mark.parametrize("fits", [True, False])
def test_of_a_network_that_does_not_fit_no_reward_is_judged(fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data may be judged by another measure than such a network's: the advice would break the study."""
    raw = yaml.safe_load((ROOT / "presets/smoke.yaml").read_text(encoding="utf-8"))
    raw["studies"] = {"init-scale": raw["studies"]["init-scale"]}
    raw["studies"]["init-scale"]["reward"]["power"] = -1
    if not fits:
        fault = Fault(("studies", "init-scale", "proxy", "network"), "takes images", "simple-cnn")
        monkeypatch.setattr(kinds, "misfits", lambda *_: iter([fault]))
    with pytest.raises(SettingsError) as caught:
        checks.validate(raw)
    assert ("reward.power" in str(caught.value)) == fits
