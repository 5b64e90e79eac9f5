"""`dsnmf report`: results of experiments beside the published ones."""

from dsnmf.commands import arguments


def _run(parsed):
    from dsnmf.extras import extra

    for module in ("sklearn", "matplotlib"):
        extra(module, "dsnmf report")
    from dsnmf.experiments.report import document

    print("Report:", document.write(parsed.folder))


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "report",
        "compare results of experiments with the published ones",
        "Reads DIR/results.jsonl of finished or unfinished experiments. Writes DIR/report.md and "
        "DIR/figures: our numbers beside the published ones, and a verdict on each claim of the "
        "papers.",
        ["dsnmf report dsnmf-results"],
    )
    parser.add_argument("folder", metavar="DIR", help="folder of the results")
    parser.set_defaults(run=_run)
