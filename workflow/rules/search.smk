# One search: one agent, one search seed. No test file is an input, of the data or of a truth table, so no search can
# read one. Where a policy chooses step by step, or an agent tells what it has learnt, there are more outputs, and
# Snakemake's cannot depend on a wildcard: hence a rule for each list of files.
for kind, files in search_files.RULES.items():
    arms = [
        f"{name}/{agent}"
        for name, study in PARAMS.studies.items()
        for agent in twins.arms(study)
        if search_files.search_files(study, agent) == files
    ]
    if not arms:
        continue

    rule:
        name:
            kind
        input:
            data=lambda wildcards: data(wildcards.study, "train.npz", "validation.npz"),
            table=lambda wildcards: table(wildcards.study, "validation"),
            code=lambda wildcards: code("search", wildcards.study, wildcards.agent),
        output:
            [f"results/search/{{study}}/{{agent}}/seed-{{seed}}/{name}" for name in files],
        params:
            settings=lambda wildcards: settings("search", study=wildcards.study, agent=wildcards.agent),
            content=lambda wildcards: content(
                *table(wildcards.study, "validation"), *all_code("search", wildcards.study, wildcards.agent)
            ),
        log:
            "logs/search/{study}/{agent}/seed-{seed}.log",
        benchmark:
            "logs/benchmark/search/{study}/{agent}/seed-{seed}.tsv"
        threads: PARAMS.runtime.child_threads * WORKERS
        resources:
            gpu=GPU,
            mem_mb=MEMORY * WORKERS,
            runtime=MINUTES,
        wildcard_constraints:
            # One study may have agents of several kinds: looked at are both names at once.
            study=f"(?=(?:{'|'.join(arms)})/){NAME}",
        message:
            "search {wildcards.study}/{wildcards.agent}, seed {wildcards.seed}"
        shell:
            "exec python workflow/scripts/warm.py workflow/scripts/run_search.py --study {wildcards.study}"
            " --agent {wildcards.agent} --seed {wildcards.seed} --log {log}"
