# The report on all studies, its figures and tables, and the numbers of `dvc metrics diff`.
rule report:
    localrule: True
    input:
        results=report_inputs,
        code=code("report"),
    output:
        page=report(
            "results/report/index.html",
            caption="../report/page.rst",
            category="Report",
        ),
        figures=report(
            directory("results/report/figures"),
            patterns=["{figure}.svg"],
            caption="../report/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        tables=report(
            directory("results/report/tables"),
            patterns=["{table}.csv"],
            caption="../report/tables.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        metrics=report(
            "results/metrics.json",
            caption="../report/metrics.rst",
            category="Report",
        ),
    params:
        settings=settings("report"),
        content=content(*tables(), *all_code("report")),
    log:
        "logs/report.log",
    benchmark:
        "logs/benchmark/report.tsv"
    message:
        "report"
    shell:
        "exec python workflow/scripts/run_report.py --log {log}"
