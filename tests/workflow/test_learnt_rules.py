"""Rules of searches that leave more than a ledger: each arm has the one that makes its files; the report reads them."""

from __future__ import annotations

from pathlib import Path, PurePath

import yaml

from clone import new_project
from dag import Rule
from rlsearch.checks import read
from rlsearch.config.search_files import LEARNT_FILES, POLICY_FILES, SEARCH_FILES
from rlsearch.config.twins import arms


def test_the_report_reads_what_agents_have_learnt(dag: dict[str, Rule]) -> None:
    """DVC tracks the folders of searches whole, as test_parity.py shows."""
    learnt = {path for path in dag["search@metaqnn"].outputs if path.endswith(LEARNT_FILES)}
    assert "results/search/metaqnn/q-learning/seed-0/q-table.csv" in learnt <= dag["report"].inputs


def test_each_arm_has_the_rule_that_makes_its_files(tmp_path: Path) -> None:
    """Agents with and without a table in one study, and one label for an agent of either kind in two studies."""
    project = new_project(tmp_path, "presets/smoke.yaml")
    path = project.root / "params.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    del raw["studies"]["init-scale"]
    tabular = {"type": "q-learning", "schedule": [[1.0, 1], [0.5, 1]]}
    raw["studies"]["layered-cnn"]["agents"] = {"random": tabular, "plain": {"type": "random"}}
    raw["studies"]["optimizer-selection"]["agents"] |= {"q": tabular}
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    params = read(path)
    files = [PurePath(row["output_file"]).parts for row in project.summary()]
    searched = [(f"{parts[2]}/{parts[3]}", parts[-1]) for parts in files if parts[:2] == ("results", "search")]
    written = {
        name: {file for owner, file in searched if owner == name}
        for study in params.studies
        for name in [f"{study}/{agent}" for agent in arms(params.studies[study])]
    }
    policy = {*SEARCH_FILES, *POLICY_FILES}
    assert written == {
        "layered-cnn/random": {*SEARCH_FILES, *LEARNT_FILES},
        "layered-cnn/random-never-updated": {*SEARCH_FILES},
        "layered-cnn/plain": {*SEARCH_FILES},
        "optimizer-selection/dqn": policy,
        "optimizer-selection/dqn-never-updated": policy,
        "optimizer-selection/random": policy,
        "optimizer-selection/q": {*policy, *LEARNT_FILES},
        "optimizer-selection/q-never-updated": policy,
    }
