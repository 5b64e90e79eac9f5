"""`dsnmf reproduce`: the papers' experiments."""

import shlex
import sys

from dsnmf.commands import arguments


def _run(parsed):
    from dsnmf.experiments import protocols, runner
    from dsnmf.extras import extra

    chosen = [protocols.find(name) for name in dict.fromkeys(parsed.experiments)]
    failures = runner.run(
        chosen,
        parsed.out,
        seeds=parsed.seeds or (1 if parsed.quick else 5),
        quick=parsed.quick,
        methods=parsed.methods and protocols.parse_methods(parsed.methods, chosen),
        jobs=parsed.jobs or extra("joblib", "the runner").cpu_count(),
        dask=parsed.dask,
        data_file=parsed.data_file,
        command=shlex.join(["dsnmf", *sys.argv[1:]]),
    )
    print(f"Results: {parsed.out}/results.jsonl")
    if failures:
        print(f"dsnmf: {len(failures)} items failed, see above", file=sys.stderr)
        sys.exit(1)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "reproduce",
        "run the papers' experiments",
        "Runs experiments of the ICML 2014 and TPAMI 2017 papers, and others on the same data, and "
        "adds every result to DIR/results.jsonl at once. After an interruption, the same command "
        "continues. "
        "Experiments: icml2014-pie, icml2014-xm2vts*, icml2014-multi-pie*, layers-multi-pie*, "
        "dgsnmf2020-pie, dgsnmf2020-orl, arena-pie, arena-digits, arena-orl, arena-mat*, "
        "notebook, attributes-stickfigures, attributes-nrletters, "
        "attributes-stickfigures-rivals, attributes-nrletters-rivals, attributes-pie, "
        "attributes-faces, attributes-cmu-faces, attributes-multi-pie*, multiview (*: needs your "
        "own data, by --data-file). "
        "An arena compares all methods, with as many components as classes.",
        [
            "dsnmf reproduce icml2014-pie --quick",
            "dsnmf reproduce icml2014-pie notebook --jobs 8 --out results",
            "dsnmf reproduce icml2014-pie --methods 'Semi-NMF,Deep Semi-NMF' --seeds 10",
            "dsnmf reproduce icml2014-multi-pie --data-file Multi-PIE.mat",
            "dsnmf reproduce arena-mat --data-file mine.mat --quick",
            "dsnmf reproduce icml2014-pie --dask tcp://scheduler:8786",
        ],
    )
    parser.add_argument("experiments", nargs="+", metavar="EXPERIMENT")
    parser.add_argument(
        "--quick", action="store_true", help="fewer numbers of components and methods, and one seed"
    )
    parser.add_argument(
        "--jobs",
        type=arguments.integer(1),
        metavar="N",
        help="processes, with one thread each (default: one per core); this does not change the "
        "results",
    )
    parser.add_argument(
        "--seeds",
        type=arguments.integer(1),
        metavar="K",
        help="repetitions, with seeds 0 … K-1 (default: 5, with --quick 1)",
    )
    parser.add_argument(
        "--out",
        default="dsnmf-results",
        metavar="DIR",
        help="folder for the results (default: dsnmf-results)",
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="scheduler of a Dask cluster that runs the items instead; its workers need this "
        'package, one thread each, and the data (pip install "dsnmf[distributed]")',
    )
    parser.add_argument("--data-file", metavar="PATH", help="your data, for experiments with a *")
    parser.add_argument("--methods", metavar="NAME,…", help="only these methods")
    parser.set_defaults(run=_run)
