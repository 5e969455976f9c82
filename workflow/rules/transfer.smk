# One slot of a study trained with another task on another dataset, all its seeds in one process.
rule transfer:
    input:
        slot=lambda wildcards: in_source(wildcards.transfer, wildcards.slot),
        data=lambda wildcards: transfer_data(wildcards.transfer),
        code=lambda wildcards: code("transfer", wildcards.transfer),
    output:
        [f"results/transfer/{{transfer}}/{{slot}}/{name}" for name in artefacts.RETRAIN_FILES],
    params:
        settings=lambda wildcards: settings("transfer", study=wildcards.transfer),
        content=lambda wildcards: content(*all_code("transfer", wildcards.transfer)),
    log:
        "logs/transfer/{transfer}/{slot}.log",
    benchmark:
        "logs/benchmark/transfer/{transfer}/{slot}.tsv"
    threads: PARAMS.runtime.child_threads
    resources:
        gpu=GPU,
        mem_mb=MEMORY,
        runtime=MINUTES,
    message:
        "transfer {wildcards.transfer}/{wildcards.slot}"
    shell:
        "exec python workflow/scripts/warm.py workflow/scripts/run_transfer.py --transfer {wildcards.transfer}"
        " --slot {wildcards.slot} --log {log}"
