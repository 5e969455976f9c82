"""rlsearch network: sizes, parameters and FLOPs of a chain of layers, and the rules that it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import broken_settings
from rlsearch.cli import app

SOURCE = ("--first", "valid", "--pools", "same", "--head", "sigmoid")
BEST = "P(2,2)-C(256,5,1)-C(128,1,1)-P(3,2)-C(64,3,1)-C(521,5,1)-C(128,3,1)-C(64,3,1)-P(3,3)-SM"


def ask(*words: str) -> Result:
    return CliRunner().invoke(app, ["network", *words])


def rows(result: Result) -> list[list[str]]:
    return [line.split() for line in result.stdout.splitlines()]


def test_a_published_network_has_its_published_size() -> None:
    result = ask(BEST, "--shape", "1x64x64", "--classes", "2", *SOURCE)
    assert result.exit_code == 0, result.output
    shown = rows(result)
    assert ["P(2,2)", "1x32x32", "0", "0"] in shown and ["C(256,5,1)", "256x32x32", "6,656", "13,107,200"] in shown
    assert ["P(3,3)", "64x6x6", "0", "0"] in shown and ["SM()", "1", "unit", "2,305", "4,608"] in shown
    (total,) = [line for line in shown if line[:1] == ["all"]]
    assert total[1] == "1,623,882"
    assert "breaks rules of the space:" in result.stdout
    assert "layer 1 P(2,2) is a pool of the image itself (space.initial_pool)" in result.stdout


def test_a_network_that_breaks_no_rule() -> None:
    result = ask("C(64,3,1) - C(64,3,1) - GAP()", "--shape", "3x32x32", "--classes", "10")
    assert "breaks no rule of the space" in result.stdout and "on images of 3x32x32, 10 classes" in result.stdout
    assert ["GAP()", "10", "units", "650", "1,280"] in rows(result)


def test_the_rules_of_a_study(tmp_path: Path) -> None:
    text = broken_settings.SMOKE
    space = "space: {type: metaqnn, size: 8, depth: 2, filters: [4], first: valid}"
    text = text.replace("space: {type: init-scale, low: 0.3, high: 1.7, digits: 2}", space)
    one_unit = "network: metaqnn\n      network_options: {head: sigmoid}"
    text = text.replace("network: simple-cnn", "network: metaqnn").replace("network: vgg-like", one_unit)
    text = text.replace("source: digits", "source: leaves\n    size: 8")
    text = text.split("  layered-cnn:")[0].replace("baselines: [he]", "baselines: []")
    text = text.replace("reinforce: {type: reinforce, baseline: ema, ema_decay: 0.9, observation: none, lr: 0.001}", "")
    (tmp_path / "params.yaml").write_text(text + "\ntransfers: {}\n", encoding="utf-8")
    study = ("--study", "init-scale", "--params", str(tmp_path / "params.yaml"))
    result = ask("C(4,3,1) - C(4,3,1) - C(4,1,1) - SM()", "--shape", "1x8x8", *study)
    assert result.exit_code == 0, result.output
    assert ["C(4,3,1)", "4x6x6", "40", "2,592"] in rows(result)  # the study's first convolution is not padded
    assert ["SM()", "1", "unit", "145", "288"] in rows(result)  # its target has one unit
    assert "layer 3 C(4,1,1) is beyond the depth of 2 layers" in result.stdout
    own = ask("SM()", *study)
    assert own.exit_code == 0 and "on images of 1x8x8, 2 classes" in own.stdout  # nothing but the study was given
    for words, message in (
        (("SM()", "--shape", "1x9x9", *study), "space.size must be the side of the images, which are 1x9x9"),
        (("SM()", "--study", "init-scal", *study[2:]), "there is no study 'init-scal' (did you mean 'init-scale'?)"),
    ):
        refused = ask(*words)
        assert refused.exit_code == 2 and message in refused.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("C(64,3,1) - D(3) - SM()",), "layer 2 'D(3)' is unknown; layers are C(filters, field, stride)"),
        (("C(64,3,1) - P(5,3) - SM()", "--shape", "1x4x4"), "layer 2 P(5,3) is larger than its map of 4x4"),
        (("C(64,3,1)",), "has no end: add GAP() or SM()"),
        (("SM()", "--shape", "64x64"), "'64x64' is no shape of images"),
        (("SM()", "--shape", "0x4x4"), "'0x4x4' is no shape of images"),
        (("SM()", "--classes", "10", "--head", "sigmoid"), "one unit tells two classes apart"),
    ],
)
def test_what_cannot_be_shown_is_one_message(words: tuple[str, ...], message: str) -> None:
    result = ask(*words)
    assert result.exit_code == 2 and message in result.stderr and "Traceback" not in result.stderr
