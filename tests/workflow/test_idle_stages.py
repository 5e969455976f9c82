"""Stages of DVC's with nothing to do: a study that retrains nothing still has an output there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import mock_study
from shipped import ROOT


@pytest.fixture(autouse=True)
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")
    monkeypatch.chdir(tmp_path)


def test_a_stage_with_nothing_to_do_leaves_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import front
    import stage

    monkeypatch.setenv("RLSEARCH_STAGE_IN", str(tmp_path))
    monkeypatch.setattr(stage, "environment", lambda: tmp_path)
    monkeypatch.setattr(stage, "targets", lambda phase, name: [])
    monkeypatch.setattr(front, "unlock", lambda: None)
    with pytest.raises(SystemExit) as ended:
        stage.main("retrain", "mock")
    assert not ended.value.code and (tmp_path / "results/retrain/mock").is_dir()


def test_a_record_makes_the_folder_that_no_job_makes(tmp_path: Path) -> None:
    import front

    raw = mock_study.study().model_dump(mode="json")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    front.keep_empty()
    assert [path.name for path in (tmp_path / "results/retrain").iterdir()] == ["mock"]
