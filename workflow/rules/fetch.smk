# data/<dataset>/ from the raw data store (RLSEARCH_DATA), downloaded into it first where needed.
rule fetch:
    localrule: True
    input:
        # Its content decides, not its time.
        own=lambda wildcards: ancient(own_data(wildcards.dataset)),
        code=lambda wildcards: code("fetch", wildcards.dataset),
    output:
        [f"data/{{dataset}}/{name}" for name in artefacts.DATA_FILES],
    params:
        settings=lambda wildcards: settings("fetch", dataset=wildcards.dataset),
        own=lambda wildcards: own_content(wildcards.dataset),
        content=lambda wildcards: content(*all_code("fetch", wildcards.dataset)),
    log:
        "logs/fetch/{dataset}.log",
    benchmark:
        "logs/benchmark/fetch/{dataset}.tsv"
    message:
        "fetch {wildcards.dataset}"
    shell:
        "exec python workflow/scripts/run_fetch.py --dataset {wildcards.dataset} --log {log}"
