"""`import rlsearch` registers its environments with Gymnasium, in whichever order the two are imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

from rlsearch import gymnasium_ids, provenance
from rlsearch.checks import read
from rlsearch.config import plugins
from rlsearch.gymnasium_ids import env_id
from shipped import SETTINGS

MAKES = (
    "print(gymnasium.make('rlsearch/InitScale-v0').spec.id, gymnasium.make('rlsearch/OptimizerSelection-v0').spec.id)"
)
MADE = "rlsearch/InitScale-v0 rlsearch/OptimizerSelection-v0"

WORKERS = """
import gymnasium, rlsearch

def make():
    return gymnasium.make("rlsearch/InitScale-v0")

if __name__ == "__main__":
    makers = [make, lambda: gymnasium.make("rlsearch/InitScale-v0")]
    envs = gymnasium.vector.AsyncVectorEnv(makers, context="forkserver")
    envs.reset(seed=0)
    print(envs.step(envs.action_space.sample())[2].tolist())
    envs.close()
"""


def outcome(*words: str) -> str:
    """Return what Python prints, for which a warning is an error."""
    done = subprocess.run([sys.executable, "-W", "error", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "imports",
    [
        "import rlsearch, gymnasium",
        "import gymnasium, rlsearch",
        "import rlsearch.envs, gymnasium",
        "from gymnasium import spaces; import gymnasium, rlsearch",
        "import rlsearch; from gymnasium.envs.registration import registry; import gymnasium",
    ],
)
def test_the_order_of_the_imports_does_not_matter(imports: str) -> None:
    assert outcome("-c", f"{imports}; {MAKES}") == MADE


def test_a_worker_that_is_forked_from_a_server_makes_environments(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(WORKERS, encoding="utf-8")
    assert outcome(str(script)) == "[True, True]"


def test_gymnasium_is_not_imported_before_somebody_asks_for_it() -> None:
    told = "print([name for name in ('gymnasium', 'numpy', 'pydantic') if name in sys.modules])"
    assert outcome("-c", f"import sys, rlsearch; {told}") == "[]"
    code = "import sys, rlsearch.cli; from rlsearch.checks import read; print('gymnasium' in sys.modules)"
    assert outcome("-c", code) == "False"


def test_looking_for_gymnasium_is_not_importing_it() -> None:
    look = "print(importlib.util.find_spec('gymnasium').origin[-11:], 'gymnasium' in sys.modules)"
    code = f"import sys, importlib.util, rlsearch; {look}; import gymnasium; {MAKES}"
    assert outcome("-c", code).splitlines() == ["__init__.py False", MADE]


def test_an_import_that_fails_may_be_tried_again(tmp_path: Path) -> None:
    broken = tmp_path / "gymnasium.py"
    broken.write_text("raise ImportError('half installed')\n", encoding="utf-8")
    code = f"""
import sys, rlsearch
sys.path.insert(0, {str(tmp_path)!r})
try:
    import gymnasium
except ImportError as error:
    print(error)
del sys.path[0]
import gymnasium
{MAKES}
"""
    assert outcome("-c", code).splitlines() == ["half installed", MADE]


def test_nothing_of_the_hook_is_left_once_gymnasium_is_there() -> None:
    code = """
import importlib, sys, rlsearch
def waiting():
    return sum(type(finder).__name__ == "AfterGymnasium" for finder in sys.meta_path)
importlib.reload(rlsearch)
print(waiting())
import gymnasium
importlib.reload(rlsearch)
print(waiting(), type(gymnasium.__loader__).__name__, gymnasium.__spec__.loader is gymnasium.__loader__)
importlib.reload(gymnasium)
"""
    assert outcome("-c", code).splitlines() == ["1", "0 SourceFileLoader True"]


def test_every_space_of_the_package_has_an_id() -> None:
    registered = {name for name in gymnasium.registry if name.startswith("rlsearch/")}
    assert registered == {env_id(space) for space in plugins.names("spaces")}
    assert {"rlsearch/InitScale-v0", "rlsearch/LayeredCNN-v0"} <= registered


def test_a_fault_of_ours_leaves_gymnasium_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(kind: str) -> list[str]:
        raise OSError("no such folder")

    monkeypatch.setattr(plugins, "names", broken)
    with pytest.warns(RuntimeWarning, match="could not register its environments with gymnasium: OSError: no such"):
        gymnasium_ids.install()


def test_phases_that_make_no_environment_do_not_depend_on_it() -> None:
    params = read(SETTINGS)
    for phase in ("fetch", "select", "report"):
        files = provenance.phase_files(phase, params)
        assert "src/rlsearch/__init__.py" in files
        assert [file for file in files if "gymnasium_ids" in file or "/envs/" in file] == []
