# One slot on the target network, all its seeds in one process. Only here is the test set an input.
rule retrain:
    input:
        slot="results/select/{study}/{slot}.json",
        data=lambda wildcards: data(wildcards.study, "train.npz", "validation.npz", "test.npz"),
        code=lambda wildcards: code("retrain", wildcards.study),
    output:
        [f"results/retrain/{{study}}/{{slot}}/{name}" for name in artefacts.RETRAIN_FILES],
    params:
        settings=lambda wildcards: settings(
            "retrain", study=wildcards.study, slot=slot(wildcards.study, wildcards.slot)
        ),
        content=lambda wildcards: content(*all_code("retrain", wildcards.study)),
    log:
        "logs/retrain/{study}/{slot}.log",
    benchmark:
        "logs/benchmark/retrain/{study}/{slot}.tsv"
    threads: PARAMS.runtime.child_threads
    resources:
        gpu=GPU,
        mem_mb=MEMORY,
        runtime=MINUTES,
    message:
        "retrain {wildcards.study}/{wildcards.slot}"
    shell:
        "exec python workflow/scripts/warm.py workflow/scripts/run_retrain.py --study {wildcards.study}"
        " --slot {wildcards.slot} --log {log}"
