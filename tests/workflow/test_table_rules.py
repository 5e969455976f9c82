"""A study that asks a truth table: what its jobs may read, told by the DAG."""

from __future__ import annotations

import pytest
import yaml

import small_table
from clone import Project, new_project
from dag import Rule, rules

HOME = f"results/reference/{small_table.NAME}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the project whose one study asks a made-up table."""
    made = new_project(tmp_path_factory.mktemp("table-rules"))
    small_table.write(made.root)
    text = yaml.safe_dump(small_table.raw(), sort_keys=False)
    (made.root / "params.yaml").write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def dag(project: Project) -> dict[str, Rule]:
    return rules(project)


@pytest.mark.parametrize("name", ["search", "controls", "select_tiny"])
def test_no_search_and_no_control_has_a_test_file_as_input(name: str, dag: dict[str, Rule]) -> None:
    assert dag[name].inputs
    assert not any(path.endswith("test.npz") for path in dag[name].inputs)


@pytest.mark.parametrize("name", ["search", "controls"])
def test_searches_and_controls_read_the_validation_part_and_the_recipe(name: str, dag: dict[str, Rule]) -> None:
    found = {path for path in dag[name].inputs if path.startswith("results/")}
    assert found == {f"{HOME}/recipe.yaml", f"{HOME}/validation.npz"}


def test_the_report_reads_all_parts_and_retraining_none(dag: dict[str, Rule]) -> None:
    wanted = {f"{HOME}/{name}" for name in ("recipe.yaml", "validation.npz", "test.npz")}
    assert {path for path in dag["report"].inputs if path.startswith(HOME)} == wanted
    assert not any(path.startswith(HOME) for path in dag["retrain"].inputs)
    assert "data/digits/test.npz" in dag["retrain"].inputs  # its slots are really retrained


def test_no_job_makes_a_table(dag: dict[str, Rule]) -> None:
    assert not any(path.startswith("results/reference") for rule in dag.values() for path in rule.outputs)


def test_a_missing_table_stops_the_run_before_it_starts(project: Project) -> None:
    path = project.root / HOME / "validation.npz"
    held = path.read_bytes()
    path.unlink()
    try:
        assert "results/reference/made-up/validation.npz" in project.snakemake("--dry-run", "--forceall", status=1)
    finally:
        path.write_bytes(held)
