"""A plugin of the user's own that raises while it is at work: one message names its file, as for one that is broken."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import cli_project
from own_plugins import write
from rlsearch.config import entry_points, plugins, raised

AGENT = """\
'''An agent of a user's own, which forgets something.'''

from typing import Literal

from rlsearch.agents.random import SETTINGS as Base
from rlsearch.agents.random import Random


class SETTINGS(Base):
    type: Literal["forgetful"] = "forgetful"


class AGENT(Random):
    def {method}
        return {{}}["what it forgot"]
"""
METHODS = {
    "ask": "ask(self, count):",
    "tell": "tell(self, proposals, rewards):",
    "learnt": "learnt(self):",
}


@pytest.mark.parametrize("method", METHODS)
def test_an_agent_that_raises_is_one_message(
    method: str, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(own / "agents/forgetful.py", AGENT.format(method=METHODS[method]))
    agents = {"mine": {"type": "forgetful"}}
    search = {"seeds": 1, "budget": 5, "finalists": 1, "replicates": 1, "score_replicates": 1}
    cli_project.make(tmp_path, agents=agents, search=search, baselines=[])
    result = cli_project.run("search", "tiny", "mine", "0")
    assert result.exit_code == 2, result.output
    message = " ".join(result.stderr.split())
    assert "rlsearch: extensions/agents/forgetful.py raised KeyError: 'what it forgot'" in message
    assert f"where: extensions/agents/forgetful.py, line 15, in {method}" in message
    assert "Traceback" not in result.stderr and "RLSEARCH_TRACEBACK=1 in front of the command" in message
    monkeypatch.setenv("RLSEARCH_TRACEBACK", "1")
    assert isinstance(cli_project.run("search", "tiny", "mine", "0").exception, KeyError)


@pytest.mark.parametrize("package", [True, False])
def test_of_a_distribution_its_package_counts_and_of_a_bare_module_that_alone(
    package: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site-packages"
    home = site / "theirs" if package else site
    write(home / "their_agent.py", f"from {'theirs.' if package else ''}their_helper import fails\n")
    write(home / "their_helper.py", "def fails():\n    raise RuntimeError('no idea')\n")
    if package:
        write(home / "__init__.py", "")
    monkeypatch.syspath_prepend(site)
    plugin = entry_points.InstalledPlugin("theirs", "their_agent", home / "their_agent.py", "theirs 1.0")
    monkeypatch.setattr(raised, "entry_points", lambda group: (plugin,) if group == "rlsearch.agents" else ())
    names = ("theirs.their_agent", "theirs.their_helper", "theirs", "their_agent", "their_helper")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = __import__("theirs.their_agent" if package else "their_agent", fromlist=["fails"])
    with pytest.raises(RuntimeError) as caught:
        module.fails()
    fault = raised.by_plugin(caught.value)
    if package:
        assert fault is not None and f"{home / 'their_helper.py'}, line 2, in fails" in str(fault)
    else:
        assert fault is None, "the helper lies beside the modules of all other distributions"
    for name in names:
        sys.modules.pop(name, None)


def test_other_errors_are_nobodys(own: Path) -> None:
    with pytest.raises(ValueError, match="there is no agent") as caught:
        plugins.load("agents", "nothing")
    assert raised.by_plugin(caught.value) is None
