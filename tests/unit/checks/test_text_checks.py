"""What text and pairs do not go with is refused before anything runs, in one message with its place and its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import text_project
import tiny
from rlsearch import checks
from rlsearch.errors import SettingsError


def refused(own: Path, kind: str = "text", **changes: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        text_project.params(own, kind, **changes)
    text = " ".join(str(caught.value).split())
    assert "The settings have one fault" in text
    return text


@pytest.mark.parametrize("kind", ["text", "pairs"])
def test_studies_of_text_and_of_pairs_are_taken(kind: str, own: Path) -> None:
    params = text_project.params(own, kind)
    assert params.studies["tiny"].measure.name == "perplexity"


def test_a_power_that_would_reward_the_worse_network(own: Path) -> None:
    text = refused(own, reward={"scale": 80.0, "power": 1, "failure": 0.0})
    assert "studies.tiny.reward.power = 1" in text and "must be -2 or -1, since lower perplexity is better" in text


def test_a_failed_child_earns_nothing_at_most(own: Path) -> None:
    text = refused(own, reward={"scale": 80.0, "power": -2, "failure": 0.01})
    assert "studies.tiny.reward.failure = 0.01" in text
    assert "must be 0 or less, below what any perplexity earns: else a failed child would beat one that" in text


def test_bleu_is_of_pairs(own: Path) -> None:
    text = refused(own, proxy=text_project.task("text", record=["bleu"]))
    assert "studies.tiny.proxy.record[0] = 'bleu'" in text
    assert "is measured on pairs, and this task is on text: take it out of the list" in text
    assert text_project.params(own, "pairs", proxy=text_project.task("pairs", record=["bleu"]))


def test_windows_are_of_text(own: Path) -> None:
    text = refused(own, "pairs", proxy=text_project.task("pairs", bptt=16))
    assert "studies.tiny.proxy.bptt = 16" in text and "must be null, or left out: pairs are not read in windows" in text
    study = {**tiny.STUDY, "proxy": {**tiny.TASK, "bptt": 16}}
    with pytest.raises(SettingsError, match="images are not read in windows"):
        tiny.study(own.parent, **study)


def test_fewer_tokens_than_a_batch_needs(own: Path) -> None:
    text = refused(own, target=text_project.task("text", batch_size=113))
    assert "studies.tiny.target.batch_size = 113" in text
    assert "1920 tokens to train on are fewer than batch_size x (bptt + 1) = 113 x 17 = 1921" in text


def test_a_network_of_images_on_text(own: Path) -> None:
    text = refused(own, target={**tiny.TASK})
    assert "studies.tiny.target.network = 'simple-cnn'" in text
    assert "takes images, and dataset text holds text; allowed:" in text and "tiny-lm" in text


@pytest.mark.parametrize("kind", ["text", "pairs"])
def test_closed_loops_keep_to_images(kind: str, own: Path) -> None:
    changes = {name: tiny.CONTROL[name] for name in ("space", "search", "controls")}
    plain = {key: value for key, value in text_project.task(kind, epochs=3).items() if key != "optimizer"}
    agents = {"switching": {"type": "switching"}}
    target = {**plain, "epochs": 6}
    text = refused(own, kind, **changes, proxy=plain, target=target, agents=agents, baselines=["sgd"])
    network = text_project.NETWORKS[kind][0]
    assert f"studies.tiny.proxy.network = '{network}'" in text and f"takes {kind}" in text


def test_a_source_without_a_test_part_needs_a_share(own: Path) -> None:
    raw = text_project.settings(own)
    source = own / "data/sources/tiny_text.py"
    source.write_text(
        source.read_text()
        .replace("CutSettings", "TextSettings")
        .replace(
            "from rlsearch.testing.tiny_text import TextSettings, text as made",
            "from rlsearch.data.text.settings import TextSettings\nfrom rlsearch.testing.tiny_text import text as made",
        )
    )
    with pytest.raises(SettingsError) as caught:
        checks.validate(raw)
    assert "this source has no test part of its own" in " ".join(str(caught.value).split())


def test_published_test_needs_a_test_part(own: Path) -> None:
    raw = text_project.settings(own)
    raw["datasets"]["text"]["validation"] = "published-test"
    with pytest.raises(SettingsError, match="this source has no test part of its own"):
        checks.validate(raw)
