# Trains a truth table: `make truth-table`. A workflow of its own, since it takes hours of processor time and its result
# is shipped with the project. Rows are trained in parts that survive an interruption.
import os
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir).parent / "src"
sys.path.insert(0, str(SOURCE))

from rlsearch.config.artefacts import table_folder
from rlsearch.files import digest
from rlsearch.provenance import code_digest, kind_module, optimizer_modules, plugin_module
from rlsearch.truth import recipe

TABLE = config.get("table", "rl-nas-1296")
RECIPE = recipe.read(TABLE)
CODE = code_digest(
    "rlsearch.truth.build",
    plugin_module("spaces", RECIPE.space.type),
    plugin_module("networks", RECIPE.proxy.network),
    kind_module(RECIPE.proxy.network),
    *optimizer_modules(RECIPE.space, RECIPE.proxy),
)
TREE = RECIPE.made_space.closed_loop
SIZE = RECIPE.seeds if TREE else RECIPE.rows
PART = 1 if TREE else 16  # of a tree all rows are grown together, seed by seed
WORK = f".rlsearch/truth/{TABLE}/rows"
HOME = table_folder(TABLE)
MADE = Path(f".rlsearch/truth/{TABLE}")
os.environ.update(
    OMP_NUM_THREADS="1",
    PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    PYTHONPATH=os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH", "")])),
)


rule all:
    default_target: True
    input:
        expand("{made}/{file}", made=MADE, file=["validation.npz", "test.npz", "table.json"]),
    message:
        "the truth table is there"


rule rows:
    input:
        recipe=HOME / "recipe.yaml",
    output:
        WORK + "/{start}.npz",
    params:
        # A recipe that is replaced by an older one is no reason for Snakemake to train again, nor is other code.
        recipe=digest(RECIPE.model_dump(mode="json")),
        code=CODE,
        stop=lambda wildcards: min(int(wildcards.start) + PART, SIZE),
    log:
        "logs/truth-table/{start}.log",
    message:
        "networks from {wildcards.start} to {params.stop}"
    shell:
        "python workflow/scripts/run_truth_table.py --table {TABLE:q} --start {wildcards.start} --stop {params.stop}"
        " --out {output} > {log} 2>&1"


rule table:
    input:
        [f"{WORK}/{start:05d}.npz" for start in range(0, SIZE, PART)],
    output:
        [MADE / file for file in ("validation.npz", "test.npz", "table.json")],
    log:
        "logs/truth-table/join.log",
    message:
        "join the rows of {TABLE}"
    shell:
        "python workflow/scripts/run_truth_table.py --table {TABLE:q} --join {input} > {log} 2>&1"
