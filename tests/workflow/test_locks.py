"""The locks: every package with its hashes and no host; the oldest one really holds the oldest versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from clone import ROOT

LOCKS = sorted(path for path in (ROOT / "requirements").glob("*.txt"))
PAIR = {"torch": "2.11", "torchvision": "0.26"}
"""Beginnings of the oldest versions: torchvision's operators load with the torch that they were built for, no other."""


def pins(path: Path) -> dict[str, Version]:
    """Return the versions of a lock."""
    found = re.findall(r"^([\w.-]+)==(\S+) \\$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in found}


def ranges() -> dict[str, Requirement]:
    """Return what pyproject.toml asks for itself, to run, to build and to develop."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = map(Requirement, [*project["dependencies"], *extras["build"], *extras["dev"]])
    return {canonicalize_name(one.name): one for one in asked}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_is_hashed_and_names_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(path)) > 0
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text and "--index" not in text and "--find-links" not in text


@pytest.mark.parametrize("name", ["dev", "oldest"])
def test_a_lock_suits_the_ranges(name: str) -> None:
    found = pins(ROOT / f"requirements/{name}.txt")
    assert [str(one) for key, one in ranges().items() if not one.specifier.contains(found[key])] == []


def test_the_oldest_lock_holds_each_lower_bound() -> None:
    found = pins(ROOT / "requirements/oldest.txt")
    for name, one in ranges().items():
        (bound,) = [Version(part.version) for part in one.specifier if part.operator == ">="]
        assert found[name].release[: len(bound.release)] == bound.release, f"{one}, but the lock has {found[name]}"


def test_the_oldest_torch_and_torchvision_belong_together() -> None:
    found = pins(ROOT / "requirements/oldest.txt")
    assert all(str(found[name]).startswith(f"{version}.") for name, version in PAIR.items())
