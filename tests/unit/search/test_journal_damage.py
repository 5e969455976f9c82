"""Damage to a journal ends in one message, and never in other content; only its last line may be torn."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from rlsearch.agents.base import Proposal
from rlsearch.errors import ResumeError
from rlsearch.files import sealed
from rlsearch.search import journal as journals
from rlsearch.search.journal import Entry, Journal, Recorded, StepTaken
from rlsearch.training.outcome import Outcome


def write(path: Path) -> bytes:
    """Write a small journal that holds a line of every kind."""
    with Journal(path, {"torch": "2", "cpu": "x"}) as journal:
        for index in range(2):
            metrics = {"accuracy": 0.5, "loss": float("nan")}
            journal.step(StepTaken(metrics, 1, 10, 100, False, trial=index, step=0, label="sgd", cost=1.0))
            outcome = Outcome("ok", {"accuracy": 0.25 + index / 8}, 1, 10, 100)
            journal.trial(Entry(index, Proposal((index, 0.5)), outcome, 0.1, False, index))
            journal.tell(index, 1, {"loss": 0.5})
    return path.read_bytes()


def content(found: Recorded) -> str:
    return repr((found.header, found.trials, found.tells, found.steps))


def starts(whole: bytes, folder: Path) -> set[str]:
    """Return what the journal held after each of its lines, and before the first."""
    ends = [0, *(place + 1 for place, byte in enumerate(whole) if byte == ord("\n"))]
    (folder / "part").mkdir()
    found = set()
    for end in ends:
        (folder / "part" / "j").write_bytes(whole[:end])
        found.add(content(journals.read(folder / "part" / "j")))
    return found


def damages(whole: bytes) -> list[tuple[str, bytes]]:
    found = []
    for place in range(len(whole)):
        head, byte, tail = whole[:place], whole[place], whole[place + 1 :]
        found += [
            (f"bit of byte {place}", head + bytes([byte ^ 1 << place % 8]) + tail),
            (f"zero for byte {place}", head + b"\0" + tail),
            (f"line end for byte {place}", head + b"\n" + tail),
            (f"without byte {place}", head + tail),
            (f"twice byte {place}", head + bytes([byte, byte]) + tail),
            (f"cut at byte {place}", head),
            (f"zeros from byte {place}", head + b"\0" * (len(tail) + 1)),
        ]
    return found


def test_a_damaged_byte_anywhere_is_the_same_journal_up_to_its_end_or_an_error(tmp_path: Path) -> None:
    path = tmp_path / "j"
    whole = write(path)
    last = whole[:-1].rfind(b"\n") + 1
    allowed, refused = starts(whole, tmp_path), 0
    for what, damaged in damages(whole):
        path.write_bytes(damaged)
        try:
            found = journals.read(path)
        except ResumeError as error:
            refused += 1
            assert "line " in str(error) and str(path) in str(error), what
            with pytest.raises(ResumeError):
                Journal(path, {"torch": "3"})
            assert path.read_bytes() == damaged, what
        else:
            assert content(found) in allowed, what
            whole_lines = damaged.startswith(whole[:last]) or what.startswith(("cut", "zeros"))
            assert whole_lines or damaged == whole, what
    assert refused > 3 * last


def test_lines_that_are_lost_doubled_or_moved_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "j"
    lines = write(path).splitlines(keepends=True)
    for number in range(len(lines) - 1):
        moved = [*lines[:number], lines[number + 1], lines[number], *lines[number + 2 :]]
        doubled = [*lines[: number + 1], *lines[number:]]
        for other in (lines[:number] + lines[number + 1 :], doubled, moved):
            path.write_bytes(b"".join(other))
            with pytest.raises(ResumeError, match=r"line \d+ of the journal is damaged"):
                journals.read(path)


def test_a_torn_last_line_is_dropped_and_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "j"
    whole = write(path)
    path.write_bytes(whole[:-7])
    with caplog.at_level(logging.WARNING), Journal(path, {"torch": "2", "cpu": "x"}) as journal:
        assert set(journal.recorded.trials) == {0, 1} and set(journal.recorded.tells) == {0}
        journal.tell(1, 1, {"loss": 0.5})
    assert "torn last line" in caplog.text and str(path) in caplog.text
    assert path.read_bytes() == whole


TRIAL = {
    "kind": "trial",
    "index": 0,
    "actions": [1.0],
    "replicate": 0,
    "info": {},
    "outcome": Outcome("ok", {"accuracy": 0.5}).to_json(),
    "seconds": 0.1,
    "cached": 0,
    "stage": 0,
}
HEADER = {"kind": "header", "environment": {}}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([HEADER, {key: value for key, value in TRIAL.items() if key != "actions"}], "it has no `actions`"),
        ([HEADER, {**TRIAL, "actions": 3}], "not iterable"),
        ([HEADER, {**TRIAL, "outcome": {"metrics": {}, "colour": "red"}}], "colour"),
        ([HEADER, {**TRIAL, "kind": "trail"}], "'trail' is no kind of line"),
        ([HEADER, {"index": 0}], "it has no `kind`"),
        ([HEADER, HEADER], "one header"),
        ([TRIAL], "one header"),
    ],
)
def test_a_line_that_means_nothing_is_the_same_message(lines: list[dict[str, Any]], words: str, tmp_path: Path) -> None:
    total, found = 0, []
    for line in lines:
        raw, total = sealed(line, total)
        found.append(raw + b"\n")
    (tmp_path / "j").write_bytes(b"".join(found))
    with pytest.raises(ResumeError, match=f"line {len(lines)} of the journal is damaged .*{words}"):
        journals.read(tmp_path / "j")
