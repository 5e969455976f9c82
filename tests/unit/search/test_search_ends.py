"""How a search ends that cannot begin, or in which nothing succeeds: one message that says why."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path
from typing import Any

import pytest

import tiny
from rlsearch.config.artefacts import search_folder
from rlsearch.errors import SearchStopped, SettingsError, StorageError
from rlsearch.networks import _registry as registry
from rlsearch.phases import search
from rlsearch.search.lock import exclusive, held
from rlsearch.training import evaluate as evaluation
from rlsearch.training import tries
from rlsearch.training.outcome import UnfitError


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "the network cannot be built for the study's dataset: needs 64x64 pixels"),
        (tiny.LAYERED, "none of 64 networks from all over the space can be built .*: needs 64x64 pixels"),
    ],
)
def test_a_space_of_which_no_network_fits_gives_the_first_ones_reason_and_key(
    changes: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(*_: object) -> None:
        raise ValueError("needs 64x64 pixels")

    monkeypatch.setattr(registry, "build", small)
    monkeypatch.setattr(registry, "forward_flops", lambda *_: None)
    params = tiny.study(tmp_path, **changes)
    with pytest.raises(SettingsError, match=words) as caught:
        search.run(params, "tiny", "random", 0, tmp_path)
    assert "(key " in caught.value.where
    assert caught.value.where.endswith("the first that was tried") == bool(changes)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (UnfitError("too small", "network", "ValueError"), r"6 of them could not be built .*\(ValueError\)"),
        (RuntimeError("no such kernel"), r"children failed \(RuntimeError\)"),
        (None, "6 of them diverged: a loss was NaN"),
    ],
)
def test_a_search_without_a_successful_trial_is_an_error(
    fault: Exception | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = tries.fit

    def broken(*args: Any, **kwargs: Any) -> Any:
        if fault is not None and not isinstance(fault, UnfitError):
            raise fault
        done = fit(*args, **kwargs)
        done.diverged = True
        return done

    params = tiny.study(tmp_path)
    monkeypatch.setattr(tries, "fit", broken)
    if isinstance(fault, UnfitError):
        monkeypatch.setattr(evaluation, "train", lambda spec, *_, **__: evaluation._invalid(fault, spec))
    for _ in range(2):  # the second time from the journal alone
        with pytest.raises(SearchStopped, match=words) as caught:
            search.run(params, "tiny", "random", 0, tmp_path)
        assert ".rlsearch/search/tiny/random/seed-0" in caught.value.where and "log" in caught.value.remedy
    assert not (tmp_path / search_folder("tiny", "random", 0) / "summary.json").exists()


def test_one_successful_trial_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, count = tries.fit, 0

    def mostly(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        done = fit(*args, **kwargs)
        done.diverged = count != 2
        return done

    monkeypatch.setattr(tries, "fit", mostly)
    search.run(tiny.study(tmp_path), "tiny", "random", 0, tmp_path)
    assert (tmp_path / search_folder("tiny", "random", 0) / "summary.json").exists()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_one_message_with_the_path(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with exclusive(tmp_path / "work"):
        pass

    def none(*_: object) -> None:
        raise OSError(number, "no locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    for look in (lambda: exclusive(tmp_path / "work").__enter__(), lambda: held(tmp_path / "work")):
        with pytest.raises(StorageError, match="has no file locks") as caught:
            look()
        assert caught.value.where == str(tmp_path / "work" / "lock")


def test_another_fault_of_a_lock_is_not_taken_for_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(fcntl, "flock", broken)
    with pytest.raises(OSError, match="input/output"), exclusive(tmp_path / "work"):
        pass
