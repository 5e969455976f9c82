# How a run begins and ends: whose turn it is, what is checked before the first job, and what failed jobs said.
from snakemake.settings.types import DeploymentMethod

from rlsearch import turn
from rlsearch.evidence import mixture, standing
from rlsearch.search import ready

import preflight
import warm

SPAN = 1000, 2.0  # of profiles/default/config.yaml
BEGAN = Path("logs/.began")  # by the file server's clock, as the messages of failed jobs


def warm_start():
    """Let the jobs of this run start from one process that has imported torch (warm.py), if they run beside this one."""
    if workflow.is_main_process and workflow.local_exec:
        warm.start()


def begin():
    """Keep other commands away from the outputs until this run ends, and mark its beginning, for `failures`."""
    if workflow.is_main_process:
        try:
            turn.take_for_run()
        except RlsearchError as error:
            sys.exit(f"{error}")
        BEGAN.parent.mkdir(exist_ok=True)
        BEGAN.touch()


def look_when_a_job_ends():
    """Let a run on this machine look for ready jobs when one has ended, and not every two seconds for each that did.

    Snakemake's limit of jobs in a time span has every look followed by another after that span, and every job that ends
    begins one more such chain: of a run of 300 jobs a tenth of the time went there. The other looks are needed where
    those few ready jobs that are looked at may all have to wait for a GPU. A limit of the user's own stays.
    """
    scheduler = workflow.scheduler
    limit = getattr(scheduler, "job_rate_limiter", None)
    if GPU or not (workflow.is_main_process and workflow.local_exec) or limit is None:
        return
    if (getattr(limit, "max_jobs", None), getattr(limit, "timespan", None)) == SPAN:
        scheduler.job_rate_limiter = None
        # No second look fills the cores that the first leaves free.
        subsample = getattr(scheduler, "subsample", None)
        scheduler.subsample = max(subsample, workflow.cores) if subsample else None


def check_cluster():
    """End a run on a cluster before its first job, if Slurm would not take the jobs."""
    if workflow.is_main_process and workflow.executor_plugin.name == "slurm":
        jobs = [job for job in workflow.dag.needrun_jobs() if not job.is_local]
        try:
            preflight.check(jobs, workflow.executor_settings)
        except RlsearchError as error:
            sys.exit(f"{error}")


def check_device():
    """End before the first job if jobs that train here would find no GPU; in a container, they look for themselves."""
    contained = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
    if GPU and workflow.is_main_process and workflow.local_exec and not (workflow.touch or contained):
        if any(map(needs_device, workflow.dag.needrun_jobs())):
            try:
                ready.device(PARAMS)  # which imports torch
            except RlsearchError as error:
                sys.exit(f"{error}")


def needs_device(job):
    """Tell whether a job trains, rather than asks a truth table or does arithmetic."""
    searches = job.rule.name in (*search_files.RULES, "controls")
    return job.resources.get("gpu", 0) > 0 and (not searches or PARAMS.studies[job.wildcards.study].trains)


def check_results():
    """End before the first job if this run would build on results of other settings, which Snakemake cannot see."""
    if workflow.is_main_process and not workflow.touch:
        kept = {file for job in workflow.dag.jobs for file in job.output}
        kept -= {file for job in workflow.dag.needrun_jobs() for file in job.output}
        for found, error in ((standing.foreign, standing.other_settings), (mixture.mixed, mixture.error)):
            if paths := [path for path in found(PARAMS) if str(path) in kept]:
                sys.exit(f"{error(paths)}")


def failures():
    """Return what the failed jobs of this run said, since Snakemake's own lines have pushed it off the screen."""
    began = BEGAN.stat().st_mtime if BEGAN.exists() else 0.0
    files = [path for path in sorted(Path("logs").rglob("*.failed")) if path.stat().st_mtime >= began]
    return "\n".join(["", *(path.read_text(encoding="utf-8").strip() for path in files)])
