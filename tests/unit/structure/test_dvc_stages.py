"""dvc.yaml is what `make dvc-stages` writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import write_stages
from rlsearch import provenance
from rlsearch.config import artefacts, plugins


def test_the_file_is_as_the_code_has_it() -> None:
    written = (write_stages.ROOT / "dvc.yaml").read_text(encoding="utf-8")
    if written != write_stages.text():
        raise AssertionError("imports have moved and dvc.yaml has not followed: run `make dvc-stages`, commit the file")


def test_a_folder_stands_for_its_files_where_all_of_them_count(tmp_path: Path) -> None:
    names = ["a/one.py", "a/deep/two.py", "b/three.py", "b/four.py", "c/five.py", "six.py", "d/words.md"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = {tmp_path / name for name in names if name.endswith(".py") and "four" not in name and "five" not in name}
    found = write_stages.cover(tmp_path, files, {tmp_path / "c"})
    assert {str(path.relative_to(tmp_path)) for path in found} == {"a", "b/three.py", "c", "six.py"}


@pytest.mark.parametrize("phase", artefacts.PHASES)
def test_the_folders_of_plugins_are_listed_whole(phase: artefacts.Phase) -> None:
    folders = {f"src/rlsearch/{plugins.folder(kind)}" for kind in provenance.PLUGINS[phase]}
    listed = write_stages.code(phase)
    assert [folder for folder in folders if not any(Path(folder).is_relative_to(path) for path in listed)] == []
    assert not [path for path in listed if path.startswith("src/rlsearch/cli")]


def test_of_the_settings_only_the_names_of_entries_and_datasets_shape_a_stage() -> None:
    named = {"datasets", "studies", "transfers", "key", "item.dataset", "item.study"}
    assert set(re.findall(r"\$\{(.*?)\}", write_stages.text())) == named
