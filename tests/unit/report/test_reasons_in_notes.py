"""Notes that say why: what ended searches, which repetitions were cut, and which agents were not simulated."""

from __future__ import annotations

import copy
from statistics import fmean
from typing import Any

import numpy as np
import pytest

import exploring
from exploring import STUDY, Made
from rlsearch.config.control_models import LONGEST
from rlsearch.report import repetitions, schedules, simulated, words
from rlsearch.report.figures import regret as regret_figure
from rlsearch.report.figures import table_rewards
from rlsearch.report.sections import controls as controls_section
from rlsearch.report.table import Table
from rlsearch.report.tables import agents
from rlsearch.report.tables import controls as controls_table
from rlsearch.report.tables import regret as regret_table

CONTROLS: dict[str, Any] = exploring.RAW["studies"][STUDY]["controls"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("reasons")
    controls = {**CONTROLS, "agents": ["random"]}
    return exploring.build(root, exploring.settings(controls=controls), retrained=False)


def summaries(made: Made, **left: Any) -> dict[Any, dict[str, Any]]:
    """Return the summaries in which all searches ended at the budget, but for these parts of `left`."""
    found = {search: copy.deepcopy(dict(summary)) for search, summary in made.data.summaries.items()}
    plain = {"ended": "budget", "flops": 10, "refused": {"key": "k"}, "empty_places": 0, "unneeded_restarts": 0}
    for summary in found.values():
        summary["left"].update({**plain, "failed_children": 0, "shorter_finalists": 0, **left})
    return found


def note(made: Made, monkeypatch: pytest.MonkeyPatch, found: dict[Any, dict[str, Any]]) -> str:
    monkeypatch.setattr(made.data, "summaries", found)
    return agents.table(made.data).note


def test_what_ended_searches_is_told_as_it_was(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {arm for arm, _ in made.data.summaries} == set(made.data.arms)
    proposal = "with the first proposal whose cost"
    assert f"Budget left: every search ended {proposal}" in note(made, monkeypatch, summaries(made))
    capped = summaries(made, ended="most_trials", refused=None)
    for summary in capped.values():
        summary["trials"] = 24
    told = note(made, monkeypatch, capped)
    assert "every search ended after 24 trials, the most that the settings allow (`search.most_trials`)" in told
    assert proposal not in told and "set aside and not needed" not in told
    assert "Budget left" not in note(made, monkeypatch, summaries(made, flops=0))


def test_several_reasons_name_their_agents(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    found = summaries(made)
    found["q", 1]["left"] |= {"ended": "agent", "refused": None}
    for seed in (0, 1):
        found["random", seed]["left"]["refused"] = {"key": None}
    told = note(made, monkeypatch, found)
    assert "those of q (1 of 2 searches) ended when their agent had nothing more to propose" in told
    assert "those of random ended when what remained allowed no further proposal" in told
    assert "; all others ended with the first proposal" in told


def test_what_was_set_aside_in_vain_is_told(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    found = summaries(made)
    for (arm, _), summary in found.items():
        summary["cost"]["budget_flops"] = 1000
        summary["left"]["unneeded_restarts"] = 10 if arm == "q" else 1
    found["random", 0]["left"]["empty_places"] = 125
    told = note(made, monkeypatch, found)
    assert "restarts of finalists (all agents; at most 1.0 % of the budget)" in told
    assert "for more finalists than there were (random (1 of 2 searches); at most 12.5 % of the budget)" in told
    assert "trainings of finalists that took less" not in told


def test_repetitions_that_met_the_most_trials_are_named(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "at the latest, 4 times those of the settings"
    assert LONGEST == 4 and said not in regret_table.table(made.data).note
    block = made.data.controls["random"]["repetitions"]
    used, flops = [LONGEST * block["trials"], *block["trials_used"][1:]], block["flops"]
    entry = {**made.data.controls["random"], "repetitions": {**block, "trials_used": used}}
    monkeypatch.setattr(made.data, "controls", {**made.data.controls, "random": entry})
    share = f"{100 * flops[0] / block['budget_flops']:.1f} %"
    for text in (regret_table.table(made.data).note, regret_figure.caption(made.data)):
        assert f"after {LONGEST * block['trials']} trials {said}" in text
        assert f"So did random (1 of 4 searches, which used {share} of it)." in text
    entry["repetitions"]["trials_used"] = [used[0]] * 4
    share = f"{100 * fmean(flops) / block['budget_flops']:.1f} %"
    assert f"random (4 of 4 searches, which used {share} of it)" in repetitions.about_cap(made.data)


def asking(made: Made, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...] | None) -> tuple[Table, str]:
    """Return the table of controls and the section's introduction where the settings simulate these agents."""
    controls = made.data.settings.controls.model_copy(update={"agents": names})
    monkeypatch.setattr(made.data, "settings", made.data.settings.model_copy(update={"controls": controls}))
    null = {"null_constant": None, "null_heteroscedastic": None, "planted": None}
    left_out = [] if names is None else [arm for arm in made.data.controls if arm not in names]
    kept = {arm: {**made.data.controls[arm], **(null if arm in left_out else {})} for arm in made.data.controls}
    monkeypatch.setattr(made.data, "controls", kept)
    return controls_table.table(made.data), controls_section.introduction(made.data)


def test_repetitions_that_ended_before_their_schedule_are_counted(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule of 24 networks; the budget of repetitions ends some searches before, on costly networks."""
    found = {agent: copy.deepcopy(dict(control)) for agent, control in made.data.controls.items()}
    for agent in ("q", "q-forward", "random"):
        found[agent]["repetitions"]["trials_used"] = [24, 23, 30, 5] if agent == "q" else [24, 24, 25, 30]
    for agent in ("q-never-updated", "q-forward-never-updated"):
        found.get(agent, {}).pop("repetitions", None)
    monkeypatch.setattr(made.data, "controls", found)
    sentence = " Searches that ended before their agent's schedule of epsilon did: q 2."
    assert schedules.repeated_short(made.data) == sentence and sentence in regret_table.table(made.data).note
    found["q"]["repetitions"]["trials_used"] = [24, 24, 24, 24]
    assert schedules.repeated_short(made.data) == ""


def test_rewards_of_repetitions_go_on_as_long_as_half_of_them_do(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortest search may end before epsilon has fallen; the band ends with it."""
    found = {agent: copy.deepcopy(dict(control)) for agent, control in made.data.controls.items()}
    block = found["q"]["repetitions"]
    shortest, whole = len(block["rewards"]), [*block["explored"]["by_trial"], 0.7, 0.8]
    assert shortest == min(block["trials_used"]) == len(whole) - 2
    block["explored"]["by_trial"] = whole
    monkeypatch.setattr(made.data, "controls", found)
    band = repetitions.rewards(made.data, "q")
    assert band.mean.tolist() == pytest.approx(whole) and band.x[-1] == len(whole)
    assert np.isfinite(band.low[:shortest]).all() and np.isnan(band.low[shortest:]).all()
    assert "without a band, as long as half of the searches do" in table_rewards.caption(made.data)


def test_simulated_controls_are_those_that_took_place(made: Made) -> None:
    table, lead = controls_table.table(made.data), controls_section.introduction(made.data)
    (row,) = table.rows
    assert row["agent"] == "random" and row["collapsed_share"] is not None and row["hit_share"] is not None
    assert "Not simulated, since the settings name others (`controls.agents`): q and q-forward." in table.note
    assert lead.startswith("Searches where there is nothing to find are simulated of random: the reward is noise")


def test_many_agents_that_are_not_simulated_are_counted(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "MANY", 1)
    assert "(`controls.agents`): 2 of the 3 agents." in controls_table.table(made.data).note


def test_a_section_without_simulations_says_so_and_has_no_table_of_them(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, lead = asking(made, monkeypatch, ())
    assert table.rows == [] and "same agents" not in lead
    sd = words.number(made.data.controls["q"]["noise"]["pooled_sd"])
    assert lead == (
        "No agent is simulated here where there is nothing to find, or where the answer is known, since the settings "
        f"name none (`controls.agents`); the noise of the reward was measured (sd {sd})."
    )
    monkeypatch.setattr(made.data, "controls", {})
    assert controls_section.introduction(made.data).endswith("name none (`controls.agents`).")


def test_where_all_are_simulated_nobody_is_named(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    table, lead = asking(made, monkeypatch, None)
    assert "Not simulated" not in table.note and lead.startswith("The same agents search where there is nothing")
