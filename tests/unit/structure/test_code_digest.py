"""Of `config/`, the rules that a job reaches are part of its code digest, and the declarations of keys are not."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rlsearch import import_closure, provenance

CHILD = ("rlsearch.training.evaluate", "rlsearch.networks.simple_cnn")
JOBS = {
    "child": CHILD,
    "table": ("rlsearch.search.table_evaluator", "rlsearch.spaces.layered_cnn"),
    "search": ("rlsearch.search.ask_tell", "rlsearch.search.reward", "rlsearch.agents.reinforce"),
    "policy": ("rlsearch.search.run_control", "rlsearch.search.stepwise", "rlsearch.agents.ppo"),
}
CONFIG = provenance.PACKAGE / "config"


def reached(*jobs: str) -> list[Path]:
    found = {path for job in jobs for path in provenance.closure(*JOBS[job])}
    return sorted(path.relative_to(CONFIG) for path in found if path.is_relative_to(CONFIG))


def places(kind: type[ast.AST]) -> list[tuple[str, int]]:
    """Return (file, number) of every node of a kind in the files of `config/` that a job reaches."""
    return [
        (str(path), number)
        for path in reached(*JOBS)
        for number, node in enumerate(of_kind(ast.parse((CONFIG / path).read_text()), kind))
    ]


def of_kind(tree: ast.Module, kind: type[ast.AST]) -> list[ast.AST]:
    return [node for node in ast.walk(tree) if isinstance(node, kind)]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package that may be changed."""
    copy = tmp_path_factory.mktemp("package") / "rlsearch"
    shutil.copytree(provenance.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in reached(*JOBS):  # once through the printer, so that only a change is a change
        (copy / "config" / path).write_text(ast.unparse(ast.parse((copy / "config" / path).read_text())))
    return copy


def changed_jobs(package: Path, file: str, change: Callable[[ast.Module], None]) -> set[str]:
    """Return the jobs whose digest another text of a file of `config/` changes, and put the file back."""
    path = package / "config" / file
    before = path.read_text()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_closure, "PACKAGE", package)
        was = {job: provenance.code_digest(*modules) for job, modules in JOBS.items()}
        tree = ast.parse(before)
        change(tree)
        path.write_text(ast.unparse(ast.fix_missing_locations(tree)))
        now = {job: provenance.code_digest(*modules) for job, modules in JOBS.items()}
        path.write_text(before)
    return {job for job in JOBS if was[job] != now[job]}


def who_reaches(file: str) -> set[str]:
    return {job for job in JOBS if Path(file) in reached(job)}


@pytest.mark.parametrize(("file", "number"), places(ast.FunctionDef))
def test_every_function_body_counts(file: str, number: int, package: Path) -> None:
    def change(tree: ast.Module) -> None:
        function = of_kind(tree, ast.FunctionDef)[number]
        assert isinstance(function, ast.FunctionDef)
        function.body.append(ast.parse("changed = 1").body[0])

    assert changed_jobs(package, file, change) == who_reaches(file)


@pytest.mark.parametrize(("file", "number"), places(ast.ClassDef))
def test_an_unused_field_or_another_default_changes_nothing(file: str, number: int, package: Path) -> None:
    def change(tree: ast.Module) -> None:
        model = of_kind(tree, ast.ClassDef)[number]
        assert isinstance(model, ast.ClassDef)
        for field in model.body:
            if isinstance(field, ast.AnnAssign) and "ClassVar" not in ast.unparse(field.annotation):
                field.value = ast.Constant(12345)
        model.body.append(ast.parse("unused: int = 3").body[0])

    declares = any(isinstance(base, ast.Name) and base.id.endswith("Settings") for base in _class(file, number).bases)
    assert changed_jobs(package, file, change) == (set() if declares else who_reaches(file))


def _class(file: str, number: int) -> ast.ClassDef:
    node = of_kind(ast.parse((CONFIG / file).read_text()), ast.ClassDef)[number]
    assert isinstance(node, ast.ClassDef)
    return node


@pytest.mark.parametrize("line", ["_kept: int = 3", "kept: ClassVar[int] = 3", "kept = 3"])
def test_what_is_no_field_of_a_model_counts(line: str, package: Path) -> None:
    def change(tree: ast.Module) -> None:
        model = of_kind(tree, ast.ClassDef)[0]
        assert isinstance(model, ast.ClassDef)
        model.body.append(ast.parse(line).body[0])

    assert changed_jobs(package, "task_models.py", change) == who_reaches("task_models.py")


def test_tables_count_and_names_of_types_do_not(package: Path) -> None:
    def table(tree: ast.Module) -> None:
        for node in of_kind(tree, ast.AnnAssign):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "ALWAYS_DUMPED":
                node.value = ast.parse("{}", mode="eval").body

    def alias(tree: ast.Module) -> None:
        tree.body.append(ast.parse("Small = Annotated[int, Field(ge=1, le=9)]").body[0])

    assert changed_jobs(package, "optimizer_models.py", table) == set(JOBS)
    assert changed_jobs(package, "base.py", alias) == set()


def test_a_schedule_counts_in_a_childs_digest(package: Path) -> None:
    def change(tree: ast.Module) -> None:
        for node in of_kind(tree, ast.FunctionDef):
            if isinstance(node, ast.FunctionDef) and node.name == "share":
                node.body = ast.parse("return 0.5").body

    assert "child" in changed_jobs(package, "task_models.py", change)


def test_no_message_and_no_check_of_the_settings_is_part_of_a_child() -> None:
    assert set(map(str, reached("child"))) == {
        "__init__.py",
        "base.py",
        "entry_points.py",
        "optimizer_models.py",
        "plugin_errors.py",
        "plugin_source.py",
        "plugins.py",
        "task_models.py",
    }
    words = {"messages.py", "schema.py"}
    assert words.isdisjoint(map(str, reached(*JOBS)))
    for job in JOBS:
        closure = provenance.closure(*JOBS[job])
        assert not [path for path in closure if path.is_relative_to(provenance.PACKAGE / "checks")]


@pytest.mark.parametrize("phase", provenance.PLUGINS)
def test_an_edited_message_makes_no_result_of_any_phase_outdated(phase: str) -> None:
    files = provenance.closure(*provenance.every_module(phase))
    assert not {"messages.py", "schema.py"} & {path.name for path in files}
