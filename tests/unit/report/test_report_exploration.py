"""What the report shows of agents that explore by a schedule and learn a table: by epsilon, layer by layer, in time."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import exploring
from exploring import STUDY, Made
from rlsearch.config import artefacts
from rlsearch.evidence.results import Results
from rlsearch.files import read_csv, read_json
from rlsearch.report import exploration, figures, frames, q_tables, repetitions, schedules, sections
from rlsearch.report.drawing import lay_out
from rlsearch.report.figures import epsilon_levels, first_values, layer_shares, modules, q_by_field, q_by_group
from rlsearch.report.plotting import style
from rlsearch.report.study import StudyData
from rlsearch.report.tables import epsilons
from rlsearch.spaces.base import Choice

NEW = ("epsilon-rewards", "epsilon-levels", "q-by-group", "q-by-field", "first-values", "layer-shares")
FORWARD = "q-forward"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("exploring")
    return exploring.build(root, repeated=("q", "q-never-updated"), retrained=False)


def ledger(made: Made, agent: str, seed: int = 0) -> list[dict[str, object]]:
    return [dict(trial) for trial in Results(made.params, STUDY, made.root).ledgers[agent, seed]]


def test_repeated_searches_give_the_rewards_at_each_epsilon(made: Made) -> None:
    stages = exploration.stages(made.data, "q")
    assert stages is not None and stages.repeated and stages.searches == 4
    assert stages.epsilons == [1.0, 0.5, 0.1] and stages.starts[:3].tolist() == [1, 13, 19]
    explored = repetitions.block(made.data, "q")["explored"]
    for place, mean in enumerate(stages.rewards.mean):
        values = [run[place] for run in explored["rewards"]]
        assert mean == pytest.approx(fmean(values))
        low, high = stats.t.interval(0.95, 3, loc=fmean(values), scale=stats.sem(values))
        assert (stages.rewards.low[place], stages.rewards.high[place]) == pytest.approx((low, high))
    # All trials weigh alike: the means by epsilon and those by trial have one total.
    block = repetitions.block(made.data, "q")
    if len(set(block["trials_used"])) == 1:
        lengths = np.diff(stages.starts)
        assert np.dot(lengths, stages.rewards.mean) == pytest.approx(sum(block["rewards"]))


def test_without_repetitions_the_studys_own_searches_do(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetitions, "block", lambda *_: {})
    stages = exploration.stages(made.data, "q")
    assert stages is not None and not stages.repeated and stages.searches == 2
    by_hand = [fmean(trial["reward"] for trial in ledger(made, "q", seed)[12:18]) for seed in (0, 1)]  # type: ignore[misc]
    assert stages.rewards.mean[1] == pytest.approx(fmean(by_hand))
    assert exploration.stages(made.data, "random") is None
    assert exploration.agents(made.data) == ["q", FORWARD]


def test_the_line_goes_on_as_long_as_half_of_the_searches_do(made: Made) -> None:
    block, stages = repetitions.block(made.data, "q"), exploration.stages(made.data, "q")
    half = sorted(block["trials_used"])[2]
    assert stages is not None and stages.rolling.index[-1] == half == stages.starts[-1] - 1
    assert block["explored"]["by_trial"][: len(block["rewards"])] == pytest.approx(block["rewards"])


def test_a_search_that_ended_before_its_schedule_is_told(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    for arm in ("q", "q-never-updated"):
        assert schedules.planned(made.data, arm) == {1.0: 12, 0.5: 6, 0.1: 6}
    assert schedules.planned(made.data, "random") == {} and schedules.cut_short(made.data) == ""
    early = made.data.trials[(made.data.trials["agent"] != "q") | (made.data.trials["index"] < 14)]
    monkeypatch.setattr(made.data, "trials", early)
    told = "Ended before the schedule did: q after 14 of 24 networks, at epsilon 0.5 (2 of 2 searches; this one"
    assert told in schedules.cut_short(made.data)
    assert told in epsilons.table(made.data).note and told in epsilon_levels.caption(made.data)
    last = [row for row in epsilons.table(made.data).rows if row["agent"] == "q"][-1]
    assert (last["epsilon"], last["planned"], last["trials"], last["searches"]) == (0.1, 6, None, 4)
    panel = lay_out(layer_shares, made.data, style.WIDE).axes[0]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["1", "0.5", "0.1"]


def test_an_epsilon_of_updates_is_no_schedule() -> None:
    """DQN tells the epsilon that its last update had: it says nothing of the trial."""
    trial = {"info": {"epsilon": 1.0}, "diagnostics": {}}
    other = {"info": {}, "diagnostics": {"epsilon": 1.0}}
    ledgers = {("a", 0): [trial, trial], ("a", 1): [trial], ("b", 0): [trial, other], ("c", 0): []}
    assert frames.tell(ledgers, "epsilon") == {"a"}


def test_mean_q_is_over_the_pairs_of_a_layer(made: Made) -> None:
    assert q_tables.agents(made.data) == ["q", FORWARD]
    tables = [read_csv(made.root / artefacts.search_folder(STUDY, "q", seed) / "q-table.csv") for seed in (0, 1)]
    bands = q_tables.by_depth(made.data, "q", made.data.grouped.groups.get, made.data.grouped.names)
    for name, start in (("conv", "C("), ("pool", "P("), ("fc", "FC("), ("gap", "GAP"), ("softmax", "SM")):
        for layer in (1, 2, 3):
            of_search = [
                [float(row["q"]) for row in rows if row["option"].startswith(start) and row["depth"] == str(layer - 1)]
                for rows in tables
            ]
            means = [fmean(values) for values in of_search if values]
            if means:
                assert bands[name].mean[layer - 1] == pytest.approx(fmean(means)), (name, layer)
            elif name in bands:
                assert np.isnan(bands[name].mean[layer - 1])
    assert bands["conv"].x.tolist() == [1, 2, 3]  # at the third only ends are allowed
    fields = q_by_field._panels(made.data)["q"]
    assert list(fields) == ["1×1", "3×3", "5×5"]
    first = [[float(row["q"]) for row in rows if row["depth"] == "0" and ",3,1)" in row["option"]] for rows in tables]
    assert fields["3×3"].mean[0] == pytest.approx(fmean(map(fmean, first)))


def test_the_first_decision_ends_at_the_values_of_the_table(made: Made) -> None:
    values = first_values._values(made.data, "q")
    assert values[0].index[0] == 1
    last = [trials[-1]["diagnostics"] for trials in (ledger(made, "q", seed) for seed in (0, 1))]
    if len({len(ledger(made, "q", seed)) for seed in (0, 1)}) == 1:
        assert values[0].iloc[-1] == pytest.approx(fmean(told["first_q_0"] for told in last))  # type: ignore[index]
    first = made.data.space.next(())
    assert isinstance(first, Choice)
    allowed = [option for option, free in enumerate(first.mask) if free]
    assert list(values) == allowed
    assert "conv" in first_values._names(made.data)


def test_values_of_the_first_decision_end_where_fewer_than_half_of_the_searches_go_on(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = made.data.trials
    ends = {0: 10, 1: 14, 2: 18}
    kept = [rows[(rows["agent"] == "q") & (rows["index"] < end)] for end in ends.values()]
    # The third search is the first one once more; of three, two still go on at the 14th trial and one after it.
    alone = [part[part["seed"] == (seed % 2)].assign(seed=seed) for seed, part in zip(ends, kept, strict=True)]
    monkeypatch.setattr(made.data, "trials", pd.concat(alone))
    line = first_values._values(made.data, "q")[0]
    assert list(line.index) == list(range(1, 15))
    at_last = [part[part["index"] == 13]["first_q_0"].item() for part in alone[1:]]
    assert line[14] == pytest.approx(fmean(at_last))
    assert "lines end where fewer than half of them go on" in first_values.caption(made.data)
    monkeypatch.setattr(made.data, "trials", alone[0])
    assert "fewer than half" not in first_values.caption(made.data)


def test_shares_of_layers_are_counted_by_hand(made: Made) -> None:
    shares = layer_shares.shares(made.data, "q")
    assert list(shares.index) == [1.0, 0.5, 0.1]
    assert np.allclose(shares.sum(axis=1), 1)
    of_search = []
    for seed in (0, 1):
        labels = [
            made.data.space.describe(trial["spec"])  # type: ignore[arg-type]
            for trial in ledger(made, "q", seed)
            if trial["info"]["epsilon"] == 0.1  # type: ignore[index]
        ]
        layers = [layer for label in labels for layer in label.split(" - ")]
        of_search.append(sum(layer.startswith("C(") for layer in layers) / len(layers))
    assert shares.loc[0.1, "conv"] == pytest.approx(fmean(of_search))


def test_one_class_predictors_are_counted_where_they_are_recorded(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "was not recorded" in epsilon_levels.caption(made.data)
    assert "answers one class alone was not recorded" in sections.modules()["exploration"].introduction(made.data)
    assert "one_class" not in {column.key for column in epsilons.table(made.data).columns}
    trials = made.data.trials.assign(one_class=np.where(made.data.trials["index"] < 3, 1.0, 0.0))
    monkeypatch.setattr(made.data, "trials", trials)
    assert exploration.one_class(exploration.trials(made.data, "q")) == pytest.approx(
        6 / len(exploration.trials(made.data, "q"))
    )
    assert "Crosses" in epsilon_levels.caption(made.data) and "25 % one-class" in epsilon_levels.alt(made.data)
    figure = lay_out(epsilon_levels, made.data, style.WIDE)
    assert figure.axes[0].get_xticklabels()[0].get_text() == "1\n25 %"
    row = epsilons.table(made.data).rows[0]
    assert (row["agent"], row["epsilon"], row["trials"], row["one_class"]) == ("q", 1.0, 24, 0.25)


def test_the_ledgers_records_are_columns(made: Made) -> None:
    from rlsearch.measures import ACCURACY, ONE_CLASS

    trial = {"index": 0, "actions": [0], "key": "k", "reward": 0.5, "status": "ok", "flops": 1, "info": {}}
    told = {**trial, "diagnostics": {"one_class": 7.0}, "metrics": {"accuracy": 0.5, "one_class": 1.0}}
    table = frames.trials({("a", 0): [told]}, ACCURACY, (ONE_CLASS,))
    assert table["one_class"].tolist() == [1.0]


@pytest.mark.parametrize("name", NEW)
def test_each_figure_draws_says_how_many_searches_and_stays_away_without_them(made: Made, name: str) -> None:
    module = modules()[name]
    assert module.applies(made.data)
    for layout in (style.WIDE, style.NARROW):
        figure = lay_out(module, made.data, layout)
        assert [axes.get_title(loc="left").split("   ")[0] for axes in figure.axes if axes.get_title(loc="left")] == [
            "q",
            FORWARD,
        ]
    assert "searches of each agent" in module.caption(made.data)
    assert "q" in module.alt(made.data)
    assert name == "epsilon-levels" or FORWARD in module.alt(made.data)


def test_nothing_of_it_is_on_the_page_of_a_study_without_such_agents(made: Made, tmp_path: Path) -> None:
    raw = exploring.settings(agents={"random": exploring.AGENTS["random"]}, retrain={"seeds": 1})
    raw.pop("transfers")
    raw["datasets"].pop("digits")
    data = exploring.build(tmp_path, raw, repeated=(), retrained=False).data
    assert not data.explores and not sections.modules()["exploration"].applies(data)
    assert not [name for name in NEW if figures.modules()[name].applies(data)]
    assert epsilons.table(data).rows == []


def test_before_any_search_the_section_says_what_is_missing(made: Made, tmp_path: Path) -> None:
    data = StudyData(made.params, STUDY, tmp_path)
    section = sections.modules()["exploration"]
    assert section.applies(data)
    for words in ("No search has told an epsilon yet", "Not all tables of values are there yet", "was not recorded"):
        assert words in section.introduction(data)
    assert sum(path.endswith("q-table.csv") for path in data.missing) == 4
    assert not [name for name in NEW if modules()[name].applies(data)]


def test_learnt_files_agree_with_the_reader(made: Made) -> None:
    told = read_json(made.root / artefacts.search_folder(STUDY, "q", 0) / "learnt.json")
    rows = made.data.q_tables["q", 0]
    assert [[row[name] for name in told["q_table"]["columns"]] for row in rows] == told["q_table"]["rows"]
    assert q_by_group.applies(made.data)
