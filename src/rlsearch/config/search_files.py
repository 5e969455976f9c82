"""Which files a search leaves in its folder: known from the settings, since Snakemake has to know them beforehand."""

from __future__ import annotations

from rlsearch.config import plugins
from rlsearch.config.artefacts import closed_loop
from rlsearch.config.models import StudySettings
from rlsearch.config.twins import agent_of, is_twin

SEARCH_FILES = ("trials.jsonl", "finalists.csv", "summary.json", "times.csv")
POLICY_FILES = ("steps.csv", "policy.json")
"""What a search leaves besides SEARCH_FILES where a policy answers every step."""
LEARNT_FILES = ("learnt.json", "q-table.csv")
"""What it leaves besides where an agent tells what it has learnt; the second where that is a table."""

RULES = {
    f"search{policy}{learnt}": (*SEARCH_FILES, *of_policy, *of_learnt)
    for policy, of_policy in (("", ()), ("_policy", POLICY_FILES))
    for learnt, of_learnt in (("", ()), ("_learnt", LEARNT_FILES[:1]), ("_table", LEARNT_FILES))
}
"""The files that each of Snakemake's rules of a search makes: its outputs cannot depend on a wildcard."""


def search_files(study: StudySettings, label: str) -> tuple[str, ...]:
    """Return the files of every search of an arm."""
    return (*SEARCH_FILES, *(POLICY_FILES if closed_loop(study) else ()), *learnt_files(study, label))


def learnt_files(study: StudySettings, label: str) -> tuple[str, ...]:
    """Return those of LEARNT_FILES that an arm has: none where its agent tells nothing, or never learns."""
    settings = study.agents[agent_of(label)]
    kind = plugins.load("agents", settings.type).AGENT
    if is_twin(label) or not getattr(settings, "learning", True) or not getattr(kind, "tells_learnt", bool)():
        return ()
    return LEARNT_FILES if kind.tabular else LEARNT_FILES[:1]
