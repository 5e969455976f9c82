# Which candidate fills each slot of a study. The slots are known from the settings but differ between studies, and
# Snakemake's outputs cannot depend on a wildcard: hence one rule for each study, all made here.
for study in PARAMS.studies:

    rule:
        name:
            f"select_{study}"
        localrule: True
        input:
            searches=in_searches(study, "trials.jsonl", "finalists.csv", "summary.json"),
            manifest=data(study, "manifest.json"),
            code=code("select", study),
        output:
            slots=selected(study),
            study=[f"results/select/{study}/{name}" for name in artefacts.SELECT_FILES],
        params:
            study=study,
            settings=settings("select", study=study),
            content=content(*all_code("select", study)),
        log:
            f"logs/select/{study}.log",
        benchmark:
            f"logs/benchmark/select/{study}.tsv"
        message:
            "select {params.study}"
        shell:
            "exec python workflow/scripts/run_select.py --study {params.study} --log {log}"
