"""A disk that is full or read-only: one message, nothing half-written, and the same bytes once there is room.

The disks are real: small ones in memory, mounted in a user namespace, which needs no rights. Where the system has no
such namespaces, the tests are skipped and say why.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clone import ROOT, environment

UNSHARE = ["unshare", "--map-root-user", "--mount"]

MOUNTS = [*UNSHARE, "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0"']
WRITES = {
    "fetch": ["data/spots/train.npz", "data/spots/test.npz"],
    "search": ["/lock", "/outcomes/", "/journal.jsonl", "results/search/tiny/random/seed-0/trials.jsonl"],
    "controls": ["/outcomes/", "results/controls/tiny/random.json"],
    "select": ["results/select/tiny/"],
    "retrain": [".rlsearch/retrain/", "results/retrain/tiny/he/weights.pt"],
    "report": ["/figures/", "/index.html"],
}
"""Where each phase is known to meet the full disk, among other places."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what `full_disk.py` saw."""
    home = tmp_path_factory.mktemp("disks")
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("no disk can be mounted here: this needs Linux and `unshare` (Debian: util-linux)")
    tried = subprocess.run([*MOUNTS, str(home)], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no disk can be mounted here, because user namespaces are not allowed: {tried.stderr.strip()}")
    command = [*UNSHARE, sys.executable, str(ROOT / "tests/helpers/full_disk.py"), str(home / "work")]
    variables = environment(home) | {"PYTHONPATH": f"{ROOT}/src:{ROOT}/tests"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def is_one_message(text: str, what: str) -> bool:
    """Tell whether a text is one message that says what, where and what to do."""
    return re.fullmatch(rf"[^\n]*{what}\n  where: [^\n]+\n  do: [^\n]+\n?", text) is not None


@pytest.mark.parametrize("phase", WRITES)
def test_a_full_disk_ends_in_one_message_and_costs_nothing_else(phase: str, found: dict[str, Any]) -> None:
    rounds = found["phases"][phase]["rounds"]
    failed = [one for one in rounds if one["status"] != 0]
    assert len(failed) > 1
    for one in failed:
        assert one["status"] == 2, one
        assert is_one_message(one["said"], f"{phase}: no space is left on the disk"), one["said"]
        assert one["differ"] == [], "a file under its final name is not what it should be"
    done = [(one["said"], one["same"]) for one in rounds if one["status"] == 0]
    assert done == [("", True)] * (1 if phase == "report" else 2)
    assert found["phases"][phase]["left"] == []


@pytest.mark.parametrize("phase", WRITES)
def test_each_kind_of_write_met_the_full_disk(phase: str, found: dict[str, Any]) -> None:
    said = "".join(one["said"] for one in found["phases"][phase]["rounds"])
    assert [place for place in WRITES[phase] if not re.search(rf"where: .*{re.escape(place)}", said)] == []


@pytest.mark.parametrize("what", ["download", "unpack"])
def test_raw_files_need_room_and_the_network_is_not_blamed(what: str, found: dict[str, Any]) -> None:
    assert is_one_message(found["raw"]["texts"][what], "StorageError: no space is left on the disk")
    assert found["raw"]["left"] == []
    assert found["raw"]["after"]


def test_a_read_only_data_root_that_holds_all_simply_works(found: dict[str, Any]) -> None:
    assert found["raw"]["same"] == [True, True], "a file as it is, and one that is still in its archive"


def test_what_a_read_only_data_root_lacks_is_told(found: dict[str, Any]) -> None:
    text = found["raw"]["texts"]["missing"]
    assert "no root of the raw store can be written" in text
    assert "(cannot be written)" in text
    assert "RLSEARCH_DATA" in text


def test_a_read_only_project_is_one_message(found: dict[str, Any]) -> None:
    assert found["raw"]["project"] == 2
    assert is_one_message(found["raw"]["texts"]["project"], "fetch: the file system is read-only")


def test_a_full_disk_leaves_no_torn_bytecode(found: dict[str, Any]) -> None:
    # Python itself would: "EOFError: marshal data too short" at every later start, however much room there is.
    assert found["bytecode"]["said"] == ["", "", ""]


def test_the_disks_stay_in_their_namespace(found: dict[str, Any]) -> None:
    assert "full_disk" not in Path("/proc/mounts").read_text(encoding="utf-8")
    assert "/disks" not in Path("/proc/mounts").read_text(encoding="utf-8")
