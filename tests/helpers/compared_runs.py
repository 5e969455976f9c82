"""Made-up folders of results for the comparison of two runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

PROVENANCE = {"code": "aa11", "settings": "bb22", "data": "cc33", "threads": 1}
TRIALS = [{"index": i, "key": f"k{i}", "spec": {"scale": 1.25}, "reward": 8.5 + i, "error": None} for i in range(3)]
SUMMARY = {"trials": 3, "answer": {"label": "s = 1.25", "score_accuracy": 0.85}, "provenance": PROVENANCE}
CONTROLS = {"null_constant": {"last_sd": [0.25, 0.5]}, "noise": {"labels": ["a"]}, "provenance": PROVENANCE}
METRICS = {"studies": {"small": {"slots": {"he": {"test_accuracy": 0.75}}}, "small-too": {"cost": {"flops": 5}}}}
FINALISTS = 'rank,key,spec,label,mean_reward\n1,k0,"{""scale"":1.25}",s = 1.25,8.5\n'
TABLE = "slot,test_accuracy,status\nhe,0.75,ok\nbest,0.8125,\n"
CURVES = "study,epoch,loss\nsmall,1,0.5\nsmall-too,1,0.25\n"


def write(path: Path, content: str | Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def make(folder: Path) -> Path:
    """Write a file of every family, and what is not compared."""
    search, retrained = folder / "search/small/random/seed-0", folder / "retrain/small/he"
    write(search / "trials.jsonl", "".join(f"{json.dumps(trial)}\n" for trial in TRIALS))
    write(search / "finalists.csv", FINALISTS)
    write(search / "summary.json", SUMMARY)
    write(search / "steps.csv", "trial,step,optimizer,reward\n0,0,sgd,0.5\n")
    write(search / "policy.json", {"kind": "learned", "weight": [[0.125, -0.5]]})
    write(search / "learnt.json", {"greedy": {"actions": [1], "q": [0.875]}})
    write(search / "q-table.csv", "state,depth,option,index,q,visits\nstart,0,a,1,0.875,3\n")
    write(search / "times.csv", "index,seconds,cached\n0,0.41,0\n")
    write(folder / "controls/small/random.json", CONTROLS)
    write(folder / "select/small/he.json", {"status": "filled", "reason": None, "spec": {"scale": 1.5}})
    write(folder / "select/small/searches.csv", "agent,seed,score_accuracy,bit_exact\nrandom,0,0.85,True\n")
    write(retrained / "metrics.json", {"runs": [{"seed": 0, "test_accuracy": 0.75}], "provenance": PROVENANCE})
    write(retrained / "curves.csv", "seed,epoch,train_loss\n0,1,0.5\n")
    write(retrained / "model.json", {"classes": 10, "sha256": "dd44"})
    torch.save({"layer.weight": torch.tensor([[1.0, 2.0], [3.0, float("nan")]])}, retrained / "weights.pt")
    write(folder / "report/index.html", "<p>words</p>")
    write(folder / "report/figures/small-regret.svg", "<svg/>")
    write(folder / "report/tables/small-slots.csv", TABLE)
    write(folder / "report/tables/curves.csv", CURVES)
    write(folder / "report/tables/small-seconds.csv", "what,seconds\nsearch,41\n")
    write(folder / "metrics.json", METRICS)
    write(folder / "later/kind.json", {"number": 3})
    write(folder / "reference/table.json", {"shipped": 1})
    return folder


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
