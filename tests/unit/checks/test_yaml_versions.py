"""One file, two parsers: what we accept of a settings file is what DVC's own parser reads there."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.serialize import dumps_yaml, parse_yaml

from rlsearch.checks import read, read_merged, source
from rlsearch.errors import SettingsError

ROOT = Path(__file__).resolve().parents[3]
SMOKE = (ROOT / "presets/smoke.yaml").read_text(encoding="utf-8")
LETTERS = "01_.:eE+-x"
WORDS = (
    "010 -010 +010 0777 08 0o10 0b11 0x1F 1_000 1_0.5 1_0e3 9_9e+1 007 00 -0 1:30 1:30.5 190:20:30 1:60 "
    "60:00 yes Yes YES no No on ON off y n true True TRUE tRue false null Null ~ nul 2020-1-1 1e-3 1e3 "
    "1E3 1.5e3 1.e+2 12e03 .5 -.5 +.5 .5e1 .5e+1 1. +1 0.0 00.5 09.5 ._5 ._ -_ 1e400 0e0 .inf -.inf +.INF "
    ".nan .Nan nan infinity 1,000 1.2.3 e1 0x_ /data/x 3x3 a:b x-1 = << "
)
TEXTS = sorted(
    {*WORDS.split(), *("".join(some) for size in (1, 2, 3) for some in itertools.product(LETTERS, repeat=size))}
)
REFUSED, BROKEN = "refused", "broken"


def ours(text: str) -> Any:
    """Return what we read in an unquoted value, or that we refuse it, or that it is no YAML."""
    try:
        found = source.parse(f"- {text}", "x")
    except SettingsError:
        return BROKEN
    return REFUSED if found.unclear else found.value[0]


@functools.cache
def theirs(text: str) -> Any:
    """Return what DVC reads there."""
    try:
        return parse_yaml(f"- {text}", "x")[0]
    except Exception:  # whatever kind of error: DVC ends there
        return BROKEN


def test_what_is_accepted_is_what_dvc_reads() -> None:
    differing = {text: found for text in TEXTS if (found := ours(text)) not in (REFUSED, BROKEN)}
    pairs = {text: (found, theirs(text)) for text, found in differing.items()}
    assert {text: pair for text, pair in pairs.items() if repr(pair[0]) != repr(pair[1])} == {}


def test_what_both_versions_read_alike_is_accepted() -> None:
    def alike(text: str) -> bool:
        try:
            return repr(yaml.safe_load(f"- {text}")[0]) == repr(theirs(text))
        except Exception:
            return False

    assert [text for text in TEXTS if alike(text) and ours(text) == REFUSED] == []
    assert sum(map(alike, TEXTS)) > 300


@pytest.mark.parametrize("text", ["1e-3", "1e3", "1.5e3", "-1E-3", "12e03", "-.5", "+.5"])
def test_a_decimal_number_is_that_number_however_it_is_written(text: str) -> None:
    assert ours(text) == theirs(text) == float(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("budget: 6", "budget: 010", "search.budget (line {}) the unquoted 010 is 8 in YAML 1.1 and 10 in YAML 1.2"),
        ("permuted_labels: true", "permuted_labels: yes", "yes is true in YAML 1.1 and the text 'yes' in YAML 1.2"),
        ("budget: 6", "budget: !!int 010", "010 is 8 in YAML 1.1 and 10 in YAML 1.2"),
        ("budget: 6", "budget: !!int '010'", "must be written without the tag !!int"),
        (
            "budget: 6",
            "budget: 1:30",
            "1:30 is 90 in YAML 1.1 and the text '1:30' in YAML 1.2 (DVC); write 90 or '1:30'",
        ),
        ("    baselines: [he]", "    off: [he]", "off (line {}) the unquoted off is false in YAML 1.1"),
        ("epochs: 1", "epochs: 0o1", "0o1 is the text '0o1' in YAML 1.1 and 1 in YAML 1.2"),
        ("epochs: 1", "epochs: -_", "YAML 1.2 (DVC) cannot read it; put it in quotes"),
    ],
)
def test_a_value_with_two_readings_is_named_with_its_line_and_both(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    assert old in SMOKE
    path = tmp_path / "params.yaml"
    path.write_text(SMOKE.replace(old, new, 1), encoding="utf-8")
    line = SMOKE[: SMOKE.index(old)].count("\n") + 1
    for ask in (lambda: read(path), lambda: read_merged([ROOT / "presets/smoke.yaml", path], {}, dict.update)):
        with pytest.raises(SettingsError) as caught:
            ask()
        assert says.format(line) in " ".join(str(caught.value).split())


@pytest.mark.parametrize("value", [1e-05, 1e5, "yes", "010", "0o10", "1:30", "1_000", 8, -0.5, None, True, "~", "1e-3"])
def test_what_dvc_writes_is_read_back_or_refused(value: Any) -> None:
    """`dvc exp run -S` writes params.yaml by YAML 1.2: the text yes without quotes."""
    found = source.parse(dumps_yaml({"key": value}), "x")
    assert found.unclear or found.value == {"key": value}


def test_quoted_text_stays_text() -> None:
    found = source.parse("a: 'yes'\nb: \"1e-3\"\nc: !!str 010\nd: |\n  on\n", "x")
    assert found.unclear == []
    assert found.value == {"a": "yes", "b": "1e-3", "c": "010", "d": "on\n"}


@pytest.mark.parametrize("name", ["smoke", "laptop", "paper"])
def test_the_presets_are_the_same_for_both(name: str) -> None:
    text = (ROOT / f"presets/{name}.yaml").read_text(encoding="utf-8")
    found = source.parse(text, "x")
    assert found.unclear == []
    assert found.value == parse_yaml(text, "x")
