"""What no file of the project may do: unpickle what it did not make, build objects from YAML, or start a shell."""

from __future__ import annotations

import ast
import functools
import hashlib
import pickle
from pathlib import Path

import pytest
import torch
import yaml

import tiny
from clone import ROOT
from rlsearch import checks
from rlsearch.config import plugins, resolved
from rlsearch.config.base import NAME_PATTERN
from rlsearch.data import registry
from rlsearch.data.sources.base import Source
from rlsearch.errors import ResumeError, RlsearchError, SettingsError
from rlsearch.export import load_model
from rlsearch.files import file_sha256, pretty_json
from rlsearch.search.journal import read
from rlsearch.search.store import OutcomeStore
from rlsearch.training.checkpoint import Checkpoint, load_state
from rlsearch.truth import recipe

HOSTILE = "x; touch pwned"
FILES = sorted(path for folder in ("src", "workflow", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
CIFAR = "src/rlsearch/data/sources/cifar_10.py"

SAFE = {
    "torch.load": {"weights_only": True},
    "np.load": {"allow_pickle": False},
    "numpy.load": {"allow_pickle": False},
}
"""Calls that are safe with these arguments alone; they are written out, whatever a version's default is."""

FORBIDDEN = {
    *("eval", "os.system", "os.popen", "tempfile.mktemp", "shutil.unpack_archive", "torch.hub.load", "runpy.run_path"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "pd.read_pickle", "dill.load", "marshal.loads"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "yaml.Loader", "yaml.UnsafeLoader"),
    *("ssl._create_unverified_context", "subprocess.getoutput", "subprocess.getstatusoutput"),
}


class Pwns:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@functools.cache
def calls() -> list[tuple[str, str, ast.Call]]:
    """Return (file, dotted name, call) of every call in the project's code."""
    return [
        (path.relative_to(ROOT).as_posix(), ast.unparse(node.func), node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


@pytest.mark.parametrize("name", SAFE)
def test_what_reads_files_from_elsewhere_is_told_to_run_nothing(name: str) -> None:
    for file, called, node in calls():
        if called == name:
            given = {
                keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg in SAFE[name]
            }
            assert given == SAFE[name], f"{file}, line {node.lineno}"


def test_those_calls_are_looked_at_under_their_names() -> None:
    found = {called for _, called, _ in calls()}
    assert {"torch.load", "np.load"} <= found
    others = {name for name in found if name.endswith((".load", ".unsafe_load")) and name not in SAFE}
    # plugins.load, TruthTable.load and the like read settings and records; the last is CIFAR-10's restricted reader.
    assert {name for name in others if name.startswith(("torch.", "np.", "numpy.", "pickle.", "yaml."))} == set()
    # Archives are unpacked in memory: what stands in one is never a path on the disk.
    assert [name for name in found if name.endswith((".extract", ".extractall", ".unpack_archive"))] == []


def test_nothing_unpickles_evaluates_or_starts_a_shell() -> None:
    assert [(file, name) for file, name, _ in calls() if name in FORBIDDEN] == []
    shells = [file for file, _, node in calls() for word in node.keywords if word.arg == "shell"]
    assert shells == []
    # The warm server runs the job's own script.
    assert [file for file, name, _ in calls() if name == "exec"] == ["workflow/scripts/warm_server.py"]


def test_only_cifar_10_has_an_unpickler_and_it_is_restricted() -> None:
    made = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any("Unpickler" in ast.unparse(base) for base in node.bases)
    }
    assert made == {CIFAR}


def test_every_download_has_tls_and_a_checksum() -> None:
    sources: list[type[Source]] = [plugins.load("sources", name).SOURCE for name in registry.names()]
    files = [file for source in sources for file in source.FILES]
    assert len(files) >= 10
    for file in files:
        # An archive without an address is only ever taken from where a user put it; its files then have their own.
        addresses = [one.url for one in (file, file.archive) if one and one.url]
        assert addresses and all(address.startswith("https://") for address in addresses)
        assert all(len(one.md5) == 32 and one.size > 0 for one in (file, file.archive or file))


def test_a_hostile_checkpoint_runs_nothing_and_training_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "child.pt"
    torch.save({"model": Pwns(tmp_path / "pwned")}, path)
    with pytest.raises(pickle.UnpicklingError):
        load_state(path)
    assert Checkpoint(path).load() is None
    path.write_bytes(hashlib.sha256(path.read_bytes()).digest() + path.read_bytes())  # sealed as our own
    assert Checkpoint(path).load() is None
    path.write_bytes(pickle.dumps(Pwns(tmp_path / "pwned"), protocol=2))
    assert Checkpoint(path).load() is None
    assert not (tmp_path / "pwned").exists()


def test_hostile_weights_of_a_shared_network_run_nothing(tmp_path: Path) -> None:
    torch.save(Pwns(tmp_path / "pwned"), tmp_path / "weights.pt")
    about = {
        "network": "simple-cnn",
        "options": {},
        "input_shape": [1, 8, 8],
        "classes": 4,
        "slot": "he",
        "reason": None,
    }
    about["sha256"] = file_sha256(tmp_path / "weights.pt")  # whoever sends weights can send their digest too
    (tmp_path / "model.json").write_text(pretty_json(about), encoding="utf-8")
    with pytest.raises(RlsearchError, match="nothing of it was run"):
        load_model(tmp_path)
    assert not (tmp_path / "pwned").exists()


def test_a_pickle_in_place_of_a_record_is_damage(tmp_path: Path) -> None:
    journal, store = tmp_path / "journal.jsonl", OutcomeStore(tmp_path)
    journal.write_bytes(pickle.dumps(Pwns(tmp_path / "pwned")) + b"\n")
    store.path("abc").parent.mkdir()
    store.path("abc").write_bytes(pickle.dumps(Pwns(tmp_path / "pwned")))
    with pytest.raises(ResumeError, match="line 1 of the journal is damaged"):
        read(journal)
    assert store.get("abc") is None
    assert not (tmp_path / "pwned").exists()


def test_yaml_that_would_build_an_object_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_text("preset: !!python/object/apply:os.system ['touch pwned']\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="not valid YAML"):
        checks.read(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["studies", "agents", "datasets", "dataset", "preset", "table", "network", "type"])
@pytest.mark.parametrize("name", [HOSTILE, "$(touch pwned)", "../pwned", "a\n", "-n", "Ä", "a" * 61])
def test_a_name_that_a_shell_could_misread_is_refused(place: str, name: str, tmp_path: Path) -> None:
    raw = resolved.dump(tiny.study(tmp_path))
    study = raw["studies"]["tiny"]
    if place in ("studies", "datasets"):
        raw[place][name] = next(iter(raw[place].values()))
    elif place == "agents":
        study["agents"][name] = study["agents"]["random"]
    elif place == "preset":
        raw["preset"] = name
    else:
        section = {"network": study["proxy"], "type": study["agents"]["random"]}.get(place, study)
        section[place] = name
    with pytest.raises(SettingsError) as by_value:
        checks.validate(raw)
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(SettingsError):
        checks.read(path)
    assert place in str(by_value.value)


def test_a_truth_table_of_such_a_name_is_refused() -> None:
    with pytest.raises(RlsearchError, match="there is no truth table"):
        recipe.read(HOSTILE, ROOT)


def test_the_stages_rule_for_names_is_the_one_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "workflow/scripts")
    import stage

    first, rest = NAME_PATTERN.removeprefix("^").removesuffix("*$").split("]", 1)
    assert stage.NAME.pattern == f"{first}]{rest}{{0,59}}"
