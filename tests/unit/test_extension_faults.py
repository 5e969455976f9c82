"""What is wrong with a plugin of a user is one message that names its file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from own_plugins import settings, space, write
from rlsearch import checks
from rlsearch.config import entry_points, plugins
from rlsearch.errors import PluginError, SettingsError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of a distribution that is installed, with a space as its plugin."""
    site = tmp_path / "site-packages"
    space(site / "their_package", "their-space", "from ._helper import HELP")
    write(site / "their_package/__init__.py", "raise RuntimeError('was imported')")
    write(site / "their_package/_helper.py", "HELP = 1\n")
    about = site / "their_dist-1.2.dist-info"
    write(about / "METADATA", "Metadata-Version: 2.1\nName: their-dist\nVersion: 1.2\n")
    write(about / "entry_points.txt", "[rlsearch.spaces]\ntheir-space = their_package.their_space\n")
    monkeypatch.syspath_prepend(site)
    entry_points.installed.cache_clear()
    entry_points.entry_points.cache_clear()
    yield site
    entry_points.installed.cache_clear()
    entry_points.entry_points.cache_clear()
    for name in [name for name in sys.modules if name.startswith("their_package")]:
        del sys.modules[name]


def refused(**changes: Any) -> str:
    with pytest.raises((PluginError, SettingsError)) as caught:
        checks.validate(settings(**changes))
    return " ".join(str(caught.value).split())


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("their-space = their_package.nowhere", "leads to no file"),
        ("their-space = their_package.their_space:SPACE", "leads to no file"),
        ("TheirSpace = their_package.their_space", "cannot be called 'TheirSpace'"),
    ],
)
def test_an_entry_point_that_leads_nowhere(line: str, fault: str, installed: Path) -> None:
    write(installed / "their_dist-1.2.dist-info/entry_points.txt", f"[rlsearch.spaces]\n{line}\n")
    with pytest.raises(PluginError, match=fault) as caught:
        plugins.names("spaces")
    assert "group 'rlsearch.spaces' of their-dist 1.2" in str(caught.value)


def test_two_plugins_of_one_name(own: Path, installed: Path) -> None:
    write(installed / "their_package/__init__.py", "")
    space(own / "spaces", "init-scale")
    message = refused()
    assert "two files of spaces are called 'init-scale'" in message
    assert f"{own}/spaces/init_scale.py" in message and f"{plugins.ROOT}/spaces/init_scale.py" in message
    (own / "spaces/init_scale.py").rename(own / "spaces/their_space.py")
    message = refused()
    assert f"{installed}/their_package/their_space.py of their-dist 1.2 and {own}/spaces/their_space.py" in message


@pytest.mark.parametrize(
    ("file", "text", "changes", "message"),
    [
        ("spaces/my_space.py", "SPACE = 1", {"space": {"type": "my-space"}}, "does not define SETTINGS"),
        ("spaces/my_space.py", "", {"space": {"type": "my-space"}}, "does not define SETTINGS and SPACE"),
        ("spaces/my_space.py", "SETTINGS = SPACE = dict", {"space": {"type": "my-space"}}, "is no model of settings"),
        (
            "spaces/my_space.py",
            "import math\n\nmath.sqrt(-1)",
            {"space": {"type": "my-space"}},
            "cannot be imported: ValueError: math domain error where: {file}, line 3",
        ),
        (
            "spaces/my_space.py",
            "def next(:\n",
            {"space": {"type": "my-space"}},
            "cannot be imported: SyntaxError: invalid syntax where: {file}, line 1",
        ),
        ("spaces/my-space.py", "", {}, "this is no name for a plugin's file where: {file}"),
        ("networks/my_net.py", "import torch", {"target": "my-net"}, "does not define NETWORK"),
        ("networks/my_net.py", "(", {"target": "my-net"}, "cannot be imported: SyntaxError: '(' was never closed"),
        ("networks/my_net.py", "NETWORK = 1\nTAKES = 'image'", {"target": "my-net"}, "TAKES = 'image' (did you mean"),
    ],
)
def test_a_broken_file_is_one_message_that_names_it(
    file: str, text: str, changes: dict[str, Any], message: str, own: Path
) -> None:
    path = write(own / file, text)
    if "target" in changes:
        target = settings()["studies"]["init-scale"]["target"] | {"network": changes["target"]}
        changes = {"target": target}
    found = refused(**changes)
    assert message.format(file=path) in found and str(path) in found


def test_a_file_in_the_wrong_folder_is_pointed_out(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own.parent)
    space(own / "space", "my-space")
    hint = "(extensions/space/my_space.py would have to be extensions/spaces/my_space.py)"
    assert f"there is no such space {hint}; allowed" in refused(space={"type": "my-space"})


def test_the_name_of_a_file_is_not_that_of_its_plugin(own: Path) -> None:
    """It lies where it belongs: what is wrong is the underscore."""
    space(own / "spaces", "my-space")
    assert "there is no such space (did you mean 'my-space'?); allowed" in refused(space={"type": "my_space"})


def test_a_helper_that_raises_is_named_with_its_line(own: Path) -> None:
    space(own / "spaces", "my-space", "from ._sizes import SIZES")
    helper = write(own / "spaces/_sizes.py", "\nSIZES = nothing\n")
    message = refused(space={"type": "my-space"})
    assert f"{own}/spaces/my_space.py cannot be imported: NameError: name 'nothing' is not defined" in message
    assert f"where: {helper}, line 2" in message
