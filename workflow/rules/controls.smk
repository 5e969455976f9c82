# Null and planted controls of one agent, on the noise measured by real children at fixed candidates.
rule controls:
    input:
        data=lambda wildcards: data(wildcards.study, "train.npz", "validation.npz"),
        table=lambda wildcards: table(wildcards.study, "validation"),
        code=lambda wildcards: code("controls", wildcards.study, wildcards.agent),
    output:
        "results/controls/{study}/{agent}.json",
    params:
        settings=lambda wildcards: settings("controls", study=wildcards.study, agent=wildcards.agent),
        content=lambda wildcards: content(
            *table(wildcards.study, "validation"), *all_code("controls", wildcards.study, wildcards.agent)
        ),
    log:
        "logs/controls/{study}/{agent}.log",
    benchmark:
        "logs/benchmark/controls/{study}/{agent}.tsv"
    threads: PARAMS.runtime.child_threads * WORKERS
    resources:
        gpu=GPU,
        mem_mb=MEMORY * WORKERS,
        runtime=MINUTES,
    message:
        "controls {wildcards.study}/{wildcards.agent}"
    shell:
        "exec python workflow/scripts/warm.py workflow/scripts/run_controls.py --study {wildcards.study}"
        " --agent {wildcards.agent} --log {log}"
