"""docs/architecture.md: its picture is valid and agrees with imports and stages, and its table names what there is."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from shipped import SETTINGS

ROOT = Path(__file__).resolve().parents[3]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(str(ROOT / "benchmarks"))
    import source_trees

PACKAGE = ROOT / "src/rlsearch"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
(PICTURE,) = re.findall(r"^```mermaid\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
HEAD, *LINES = [line.strip() for line in PICTURE.splitlines()]
ID = r"[a-z]\w*"
STATEMENTS = {
    "subgraph": rf'subgraph (?P<id>{ID}) \["[^"\[\]]+"\]',
    "end": "end",
    "direction": "direction (?:LR|TB)",
    "node": rf'(?P<id>{ID})(?:\["[^"\[\]]+"\]|\[/"[^"\[\]]+"/\])',
    "import": rf"(?P<first>{ID}) --> (?P<second>{ID})",
    "way": rf"(?P<first>{ID}) ==> (?P<second>{ID})",
    "entry": rf'(?P<first>{ID}) -\. "[^"]+" \.-> (?P<second>{ID})',
}
RESERVED = {"end", "graph", "subgraph", "flowchart", "style", "class", "click", "default", "direction"}
"""Words that Mermaid does not take for the id of a node."""

Graph = dict[str, set[str]]


def statements(kind: str) -> list[Mapping[str, str]]:
    """Return the parts of all statements of a kind."""
    return [found.groupdict() for line in LINES if (found := re.fullmatch(STATEMENTS[kind], line))]


def arrows(kind: str) -> Graph:
    """Return the arrows of a kind, by where they begin."""
    graph: Graph = {}
    for arrow in statements(kind):
        graph.setdefault(arrow["first"], set()).add(arrow["second"])
    return graph


def reached(graph: Graph, start: str) -> set[str]:
    """Return what arrows lead to from a node."""
    seen, waiting = set[str](), [start]
    while waiting:
        new = graph.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += sorted(new)
    return seen


def nodes(graph: Graph) -> set[str]:
    return set(graph) | {second for seconds in graph.values() for second in seconds}


def test_the_picture_has_statements_that_mermaid_knows() -> None:
    assert HEAD == "flowchart TB"
    unknown = [line for line in LINES if not any(re.fullmatch(form, line) for form in STATEMENTS.values())]
    assert unknown == []
    depth = 0
    for line in LINES:
        depth += line.startswith("subgraph ") - (line == "end")
        assert depth in (0, 1), line
    assert depth == 0


def test_ids_are_unique_and_each_arrow_has_both_ends() -> None:
    ids = [one["id"] for kind in ("subgraph", "node") for one in statements(kind)]
    assert len(ids) == len(set(ids))
    library = nodes(arrows("import"))
    assert not library & set(ids) and not (library | set(ids)) & RESERVED
    assert nodes(arrows("way")) | nodes(arrows("entry")) <= set(ids) | library
    drawn = [line for line in LINES if "->" in line or "=>" in line]
    assert len(drawn) == len(set(drawn))


LIBRARY = arrows("import")


@functools.cache
def imports() -> Graph:
    """Return which folders import which others; workers that run none of these tests need not know."""
    modules = source_trees.modules()
    return source_trees.by_folder(source_trees.imports(modules, types=True), modules)


def test_every_arrow_of_the_library_is_an_import() -> None:
    wrong = [f"{one} --> {other}" for one in LIBRARY for other in LIBRARY[one] - imports().get(one, set())]
    assert wrong == [], "no module of the one folder imports the other"


def test_no_import_among_the_drawn_folders_is_missing_or_goes_against_the_arrows() -> None:
    shown = nodes(LIBRARY)
    missing = [f"{one} --> {other}" for one in shown for other in (imports()[one] & shown) - reached(LIBRARY, one)]
    assert missing == [], "draw these, or mend the imports"
    assert [one for one in shown if one in reached(LIBRARY, one)] == []


def test_no_arrow_follows_from_others() -> None:
    for one, others in LIBRARY.items():
        for other in others:
            rest = {**LIBRARY, one: others - {other}}
            assert other not in reached(rest, one), f"{one} --> {other} follows from other arrows"


def test_arrows_point_down_the_table() -> None:
    rows = [re.findall(r"`(\w+)`", row) for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)]
    depth = {name: number for number, names in enumerate(rows) for name in names}
    assert [(one, other) for one in LIBRARY for other in LIBRARY[one] if depth[one] >= depth[other]] == []


def test_the_way_of_a_run_is_that_of_the_stages() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    parts = {name: stage.get("do", stage) for name, stage in stages.items()}
    made = {_folder(out): name for name, part in parts.items() for out in part.get("outs", [])}
    needs = {name: {made[_folder(one)] for one in part["deps"] if _folder(one) in made} for name, part in parts.items()}
    way = {
        one.removeprefix("job_"): {other.removeprefix("job_") for other in others}
        for one, others in arrows("way").items()
    }
    assert nodes(way) == {*parts, "params"}
    for name, needed in needs.items():
        before = {one for one in way if name in reached(way, one)} - {"params"}
        assert needed <= before, f"{name} needs {sorted(needed - before)}"
        direct = {one for one in way if name in way[one]} - {"params"}
        assert direct <= needed, f"{name} needs no {sorted(direct - needed)}"


def _folder(path: object) -> str:
    """Return the folder of a phase's artefacts: data, results/search, ..."""
    text = path if isinstance(path, str) else next(iter(path))  # type: ignore[call-overload]
    return "/".join(text.split("/")[: 1 if text.startswith("data") else 2])


ANSWERS = re.findall(r"^\| ([^|`][^|]*?) \| (`[^|]+) \| (`[^|]+) \|$", PAGE.partition("## Where do I")[2], re.MULTILINE)


def place(path: str) -> Path:
    """Return where a path of the table lies: in the project, or in the package."""
    if path == "params.yaml":
        return SETTINGS  # as shipped: a run may have changed it
    return next((root / path for root in (ROOT, PACKAGE) if (root / path).is_file()), Path(path))


def test_there_is_an_answer_to_many_questions() -> None:
    assert len(ANSWERS) >= 20 and len({asked for asked, _, _ in ANSWERS}) == len(ANSWERS)
    assert len(ANSWERS) == len(re.findall(r"^\| ", PAGE.partition("## Where do I")[2], re.MULTILINE)) - 1


@pytest.mark.parametrize(("asked", "files", "names"), ANSWERS, ids=[asked for asked, _, _ in ANSWERS])
def test_an_answer_names_a_file_and_what_is_in_it(asked: str, files: str, names: str) -> None:
    (file,) = re.findall(r"`([^`]+)`", files)
    path = place(file)
    assert path.is_file(), f"there is no {file}"
    text = path.read_text(encoding="utf-8")
    known = _defined(text) if path.suffix == ".py" else set(re.findall(r"\w+", text))
    assert [name for name in re.findall(r"`([^`]+)`", names) if name not in known] == []


def _defined(text: str) -> set[str]:
    """Return what a module defines: classes, functions, methods and the targets of assignments; no mere mention."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def test_every_path_of_the_text_is_there() -> None:
    paths = [
        name for name in re.findall(r"`([^`\n]+)`", PAGE.replace(PICTURE, "")) if re.search(r"/|\.(py|md|yaml)$", name)
    ]
    wrong = [name for name in paths if "<" not in name and not (place(name).is_file() or _is_folder(name))]
    assert wrong == []


def _is_folder(name: str) -> bool:
    return any((root / name).is_dir() for root in (ROOT, PACKAGE))
