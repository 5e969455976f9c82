# Settings, paths and helpers of all rules. Paths and keys come from rlsearch.config.artefacts, which the library,
# dvc.yaml's test and the entry scripts ask as well.
import errno
import functools
import gc
import logging
import os
import shutil
import sys
from pathlib import Path

from snakemake.utils import update_config

# The code beside this Snakefile, not an installed copy: `dvc exp run --temp` and clones run what they hold. Jobs find
# `python` and the package by these two variables, so that no machine path stands in a tracked command.
SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))
sys.path.append(str(Path(workflow.basedir) / "workflow/scripts"))

from rlsearch import code_facts
from rlsearch.checks import check_places, check_work, read_merged
from rlsearch.config import artefacts, search_files, twins
from rlsearch.config.asked import Asked
from rlsearch.config.base import NAME_PATTERN
from rlsearch.config.resolved import write_resolved
from rlsearch.contents import content_digest
from rlsearch.errors import RlsearchError, storage_error
from rlsearch.files import canonical_json, digest, file_sha256
from rlsearch.provenance import module_files, phase_modules

# A full disk cuts Snakemake's own log short; else each line that is missing there would be a traceback on the screen.
logging.raiseExceptions = False

NAME = NAME_PATTERN.strip("^$")
ROOM = 4 << 20  # bytes without which Snakemake itself would end in a traceback, over its lock or its records


def settings_files():
    """Return the files that Snakemake has merged into `config`, in that order."""
    given = workflow.config_settings
    alone = given.replace_workflow_config and given.overwrite_config
    return [path for path in [Path("params.yaml")] if path.exists() and not alone] + list(given.configfiles)


try:
    PARAMS = read_merged(settings_files(), workflow.config_settings.config, update_config)
    check_places(PARAMS)
    if workflow.is_main_process:  # once a run: it may take seconds, and each job on a cluster reads this file again
        check_work(PARAMS)
    if shutil.disk_usage(".").free < ROOM:
        raise OSError(errno.ENOSPC, "", str(Path.cwd()))
    SETTINGS = write_resolved(PARAMS, Path(".rlsearch/settings"))
except RlsearchError as error:
    # SystemExit, since Snakemake would wrap any other exception in lines about this file.
    sys.exit(f"{error}")
except OSError as error:
    sys.exit(f"{storage_error(error) or error}")

# All that is loaded by now stays until the end: the collector need not look through it again and again while the
# jobs are planned.
gc.freeze()
ASKED = Asked(PARAMS)
GPU = int(PARAMS.runtime.device == "cuda")
WORKERS, MEMORY, MINUTES = PARAMS.runtime.workers, PARAMS.runtime.memory_mb, PARAMS.runtime.minutes
os.environ.update(
    # In the environment and not in `params:` or the command: there its digest would rerun every job on any change.
    RLSEARCH_SETTINGS=str(SETTINGS),
    RLSEARCH_CORES=str(workflow.resource_settings.cores or 1),  # the report draws side by side
    PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    PYTHONPATH=os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH", "")])),
)


def settings(phase, **job):
    """Return the settings on which a job depends, as canonical JSON: the rules' `params:`, and nothing else."""
    return canonical_json(ASKED.settings(phase, **job))


files_of = functools.cache(module_files)  # most jobs of a study run the same modules


@functools.cache
def all_code(phase, study="", agent=""):
    """Return the source files of a job: what its phase really imports, its entry script and the job runner.

    The report reads templates and published numbers as well.
    """
    entry = [f"workflow/scripts/run_{phase}.py", "src/rlsearch/job.py"]
    reports = ("src/rlsearch/report/templates", "src/rlsearch/report/published", "extensions/report/published")
    folders = reports if phase == "report" else ()
    beside = [str(path) for folder in folders for path in Path(folder).glob("*")]
    return sorted({*entry, *beside, *files_of(*phase_modules(phase, PARAMS, study, agent))})


def code(phase, study="", agent=""):
    """Return the source files of a job that lie in the project, where they are asked for; else nothing.

    The digest of `content` sees every change of them. As inputs they only tell what a job depends on, and Snakemake
    would look at each of 150 files for each job, which took half of the time of planning a run.
    """
    if not os.environ.get("RLSEARCH_LIST_CODE"):
        return []
    return [path for path in all_code(phase, study, agent) if not os.path.isabs(path)]


def data(study, *names):
    """Return files of the dataset that a study uses."""
    return [f"data/{PARAMS.studies[study].dataset}/{name}" for name in names]


def table(study, *parts):
    """Return the recipe and these parts of the truth table that a study asks; nothing where children are trained."""
    return [str(path) for path in artefacts.table_files(PARAMS.studies[study], *parts)]


def tables():
    """Return all files of truth tables that the report reads."""
    return sorted({file for study in PARAMS.studies for file in table(study, "validation", "test")})


def own_data(dataset):
    """Return the user's own file or folder that a dataset is made from; nothing where the raw data store is used."""
    path = PARAMS.datasets[dataset].own_data
    return [path] if path else []


def content(*files):
    """Return a digest of source files by name and bytes, as one of a rule's `params:`.

    A file that is older than what was made from it is no reason for Snakemake to run a job, even if it is another one.
    """
    return digest([[path, _bytes_of(path)] for path in files])


@functools.cache
def _bytes_of(path):
    return file_sha256(Path(path)) if Path(path).is_file() else ""  # what is missing, Snakemake names


@functools.cache
def own_content(dataset):
    """Return a digest of the user's own file or folder, however large; unchanged files are not read again."""
    return "".join(content_digest(Path(path)) for path in own_data(dataset))


@functools.cache
def slots_by_name(study):
    """Return the slots of a study by their names."""
    return {slot.name: slot for slot in artefacts.slots(PARAMS.studies[study])}


def slot(study, name):
    """Return a slot of a study by its name."""
    return slots_by_name(study)[name]


def slots(study):
    """Return the names of a study's slots."""
    return list(slots_by_name(study))


def in_searches(study, *names):
    """Return these files of every search of a study; all that it leaves where none are named."""
    return [
        f"{artefacts.search_folder(study, agent, seed)}/{name}"
        for agent, seed in artefacts.searches(PARAMS, study)
        for name in names or search_files.search_files(PARAMS.studies[study], agent)
    ]


def in_slots(study, *names):
    """Return these files of every retrained slot of a study."""
    return [f"{artefacts.retrain_folder(study, name)}/{file}" for name in slots(study) for file in names]


def in_source(transfer, slot):
    """Return what a transfer takes from the study that selected: the candidate, and weights if it begins with them."""
    asked = PARAMS.transfers[transfer]
    files = [f"{artefacts.select_folder(asked.study)}/{slot}.json"]
    weights = f"{artefacts.retrain_folder(asked.study, slot)}/weights.pt"
    return [*files, weights] if asked.weights == "source" else files


def transfer_data(transfer):
    """Return the files of a transfer's dataset."""
    folder = artefacts.data_folder(PARAMS.transfers[transfer].dataset)
    return [f"{folder}/{name}" for name in ("train.npz", "validation.npz", "test.npz")]


def in_transfers(*names):
    """Return these files of every slot of every transfer."""
    return [
        f"{artefacts.transfer_folder(transfer, slot)}/{name}"
        for transfer, asked in PARAMS.transfers.items()
        for slot in asked.slots
        for name in names
    ]


def selected(study):
    """Return the files that say which candidate fills each slot."""
    return [f"{artefacts.select_folder(study)}/{name}.json" for name in slots(study)]


def report_inputs(wildcards):
    """Return everything the report reads, of all studies."""
    files = [f"data/{dataset}/{name}" for dataset in PARAMS.datasets for name in ("manifest.json", "train.npz")]
    files += tables()
    for study, entry in PARAMS.studies.items():
        files += in_searches(study)
        files += [str(artefacts.controls_file(study, agent)) for agent in artefacts.controlled(entry)]
        files += [*selected(study), *(f"{artefacts.select_folder(study)}/{name}" for name in artefacts.SELECT_FILES)]
        files += in_slots(study, "metrics.json", "curves.csv", "times.csv")
    return [*files, *in_transfers("metrics.json")]


def everything():
    """Return all files that a run makes before the report.

    Snakemake makes up for a lost file only where it is asked for; without this list, a record could lack some.
    """
    files = [f"data/{dataset}/{name}" for dataset in PARAMS.datasets for name in artefacts.DATA_FILES]
    files += [file for study in PARAMS.studies for file in in_slots(study, *artefacts.RETRAIN_FILES)]
    files += in_transfers(*artefacts.RETRAIN_FILES)
    return sorted({*files, *report_inputs(None)})
