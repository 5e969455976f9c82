# The pipeline: fetch -> search, controls -> select -> retrain -> transfer -> report, at the granularity (study, agent, seed).
#
# params.yaml is the experiment; a new study or agent is an entry there and changes nothing here.
# `snakemake --cores all` runs everything, `snakemake -n` says what would run and why.
from snakemake.utils import min_version

min_version("9.11.3")


configfile: "params.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/container.smk"
include: "workflow/rules/start.smk"


wildcard_constraints:
    dataset=NAME,
    study=NAME,
    transfer=NAME,
    agent=NAME,
    slot=NAME,
    seed=r"\d+",


include: "workflow/rules/fetch.smk"
include: "workflow/rules/search.smk"
include: "workflow/rules/controls.smk"
include: "workflow/rules/select.smk"
include: "workflow/rules/retrain.smk"
include: "workflow/rules/transfer.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        rules.report.output,
        everything(),
    message:
        "everything that params.yaml asks for is there"


onstart:
    check_cluster()
    check_device()
    check_results()
    look_when_a_job_ends()
    begin()
    code_facts.remember()  # for the jobs, which would each read a hundred files
    warm_start()


onerror:
    print(failures(), file=sys.stderr)
