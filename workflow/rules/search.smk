# One search: one agent, one search seed. No test file is an input, of the data or of a truth table, so no search can
# read one.
rule search:
    input:
        data=lambda wildcards: data(wildcards.study, "train.npz", "validation.npz"),
        table=lambda wildcards: table(wildcards.study, "validation"),
        code=lambda wildcards: code("search", wildcards.study, wildcards.agent),
    output:
        [f"results/search/{{study}}/{{agent}}/seed-{{seed}}/{name}" for name in artefacts.SEARCH_FILES],
    params:
        settings=lambda wildcards: settings("search", study=wildcards.study, agent=wildcards.agent),
    log:
        "logs/search/{study}/{agent}/seed-{seed}.log",
    benchmark:
        "logs/benchmark/search/{study}/{agent}/seed-{seed}.tsv"
    threads: PARAMS.runtime.child_threads * PARAMS.runtime.workers
    resources:
        gpu=GPU,
        mem_mb=MEMORY,
        runtime=24 * 60,
    message:
        "search {wildcards.study}/{wildcards.agent}, seed {wildcards.seed}"
    shell:
        "exec python workflow/scripts/run_search.py --study {wildcards.study} --agent {wildcards.agent}"
        " --seed {wildcards.seed} --log {log}"
