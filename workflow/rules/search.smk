# One search: one agent, one search seed. No test file is an input, of the data or of a truth table, so no search can
# read one. Where a policy chooses step by step there are more outputs, and Snakemake's cannot depend on a wildcard:
# hence a rule for either kind of study.
for kind in ("search", "search_policy"):
    studies = [name for name, study in PARAMS.studies.items() if artefacts.closed_loop(study) == (kind != "search")]
    files = artefacts.SEARCH_FILES + (artefacts.POLICY_FILES if kind != "search" else ())

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
            study="|".join(studies) or "(?!)",
        message:
            "search {wildcards.study}/{wildcards.agent}, seed {wildcards.seed}"
        shell:
            "exec python workflow/scripts/warm.py workflow/scripts/run_search.py --study {wildcards.study}"
            " --agent {wildcards.agent} --seed {wildcards.seed} --log {log}"
