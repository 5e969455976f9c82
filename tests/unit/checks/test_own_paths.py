"""Paths of own data: whatever could not be fetched ends in one message of `rlsearch validate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from rlsearch import checks
from rlsearch.checks.places import OUTPUTS
from rlsearch.cli import app
from rlsearch.config.own_paths import text_fault
from rlsearch.data import registry
from rlsearch.errors import SettingsError

SMOKE = (Path(__file__).resolve().parents[3] / "presets" / "smoke.yaml").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder, the working directory, with an array file and a folder of pictures."""
    monkeypatch.setenv("HOME", "/home/someone")
    made = tmp_path / "project"
    (made / "pictures/cat").mkdir(parents=True)
    np.savez(made / "mine.npz", images=np.zeros((4, 5, 5), np.uint8), labels=np.arange(4) % 2)
    (made / "pictures.zip").write_bytes(b"")
    monkeypatch.chdir(made)
    return made


def settings(path: Any, source: str = "npz") -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load(SMOKE)
    raw["datasets"]["digits"] = {"source": source, "path": path, "test": 0.2}
    raw["studies"] = {"init-scale": raw["studies"]["init-scale"]}
    return raw


def said(path: Any, source: str = "npz") -> str:
    """Return the one message of `rlsearch validate`, on one line; `plan` and Snakemake's way in give the same."""
    raw = settings(path, source)
    Path("params.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    result = CliRunner().invoke(app, ["validate"])
    assert result.exit_code == 2 and result.stdout == ""
    assert "The settings have one fault" in result.stderr and "datasets.digits.path" in result.stderr
    assert CliRunner().invoke(app, ["plan"]).stderr == result.stderr
    with pytest.raises(SettingsError) as caught:
        checks.check_places(checks.validate(raw))
    assert "datasets.digits.path" in str(caught.value)
    return " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("path", "source"),
    [("mine.npz", "npz"), ("./mine.npz", "npz"), ("pictures", "image-folder"), ("pictures//", "image-folder")],
)
def test_what_lies_there_is_taken_and_spelt_in_one_way(project: Path, path: str, source: str) -> None:
    params = checks.validate(settings(path, source))
    checks.check_places(params)
    assert params.datasets["digits"].path == str(Path(path))
    whole = checks.validate(settings(str(project / path), source))
    assert whole.datasets["digits"].path == str(project / Path(path))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("~/mine.npz", "is not expanded here: give /home/someone/mine.npz"),
        ("~nobody-of-this-name/mine.npz", "is not expanded here: give the whole path"),
        ("$HOME/mine.npz", "is not expanded here: give /home/someone/mine.npz"),
        ("${HOME}/mine.npz", "is not expanded here: give /home/someone/mine.npz"),
        ("{a}/mine.npz", "holds a brace, which Snakemake takes for a wildcard"),
        ("https://example.org/mine.npz", "is an address: download it"),
        ("s3://bucket/mine.npz", "is an address: download it"),
        ("file:///mine.npz", "is an address"),
        ("*.npz", "patterns are not expanded"),
        ("mine.np?", "patterns are not expanded"),
        ("C:\\data\\mine.npz", "must have / between its folders: C:/data/mine.npz"),
        ("mine\n.npz", "holds a line break"),
        ("mine\t.npz", "another control character"),
        ("mine.npy", "does not exist: there is no 'mine.npy' in"),
        ("Mine.npz", "(did you mean 'mine.npz'?)"),
        ("gone/deep/mine.npz", "there is no 'gone' in"),
        ("mine.npz/inner.npz", "does not exist"),
        ("pictures", "is a folder, and this source takes a file: `source: image-folder`"),
        (".", "holds this project itself"),
        ("..", "holds this project itself"),
        ("/", "holds this project itself"),
    ],
)
def test_a_path_that_cannot_be_fetched_is_one_message(project: Path, path: str, message: str) -> None:
    assert message in said(path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("mine.npz", "is a file, and this source takes a folder: `source: npz`"),
        ("pictures.zip", "is a file, and this source takes a folder: unpack it first"),
    ],
)
def test_a_file_in_place_of_a_folder(project: Path, path: str, message: str) -> None:
    assert message in said(path, "image-folder")


@pytest.mark.parametrize("folder", OUTPUTS)
def test_our_own_outputs_are_no_place_for_data(project: Path, folder: str) -> None:
    inside = project / folder / "mine.npz"
    inside.parent.mkdir()
    inside.write_bytes((project / "mine.npz").read_bytes())
    assert f"lies in {folder}/, which commands of this project empty" in said(f"{folder}/mine.npz")
    assert f"lies in {folder}/" in said(str(inside))
    assert f"lies in {folder}/" in said(f"pictures/../{folder}/mine.npz")
    (project / "link.npz").symlink_to(inside)
    assert f"lies in {folder}/" in said("link.npz")


def test_links_and_rights(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "link.npz").symlink_to("nowhere.npz")
    assert "is a link that leads nowhere" in said("link.npz")
    (project / "circle.npz").symlink_to("circle.npz")
    assert "is a link that leads nowhere" in said("circle.npz")
    assert "cannot be reached: File name too long" in said("x" * 300)
    able = os.access
    monkeypatch.setattr(os, "access", lambda path, *rest: str(path) != "mine.npz" and able(path, *rest))
    assert "cannot be read by this user" in said("mine.npz")


def test_names_with_blanks_and_other_letters_are_fine() -> None:
    for path in ("my pictures", "Bücher [v2]/a+b=c", "../shared/päth", "/mnt/data (1)/x", "a:b", "-x", "$"):
        assert text_fault(path) is None
        assert registry.settings(source="image-folder", path=path).path == path
