"""`dsnmf demo`: the original notebook's story."""

from dsnmf.commands import arguments


def _run(parsed):
    from dsnmf.experiments import demo

    demo.run(parsed.data, parsed.layers, parsed.epochs, parsed.seed, parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "demo",
        "cluster raw and learned features, and compare",
        "Runs k-means on raw features, PCA, Semi-NMF and Deep Semi-NMF. Prints a table of NMI and "
        "accuracy, and writes a figure and the results as JSON and CSV.",
        [
            "dsnmf demo",
            "dsnmf demo --data pie --out pie-demo",
            "dsnmf demo --data faces.mat --layers 200,50 --epochs 500",
        ],
    )
    parser.add_argument(
        "--data",
        default="digits",
        metavar="digits|pie|PATH.mat",
        help="digits (default); pie (CMU PIE faces: downloaded, unless the folder DSNMF_DATA has "
        "them); or a MATLAB file with fea or X (samples x features) and gnd or Y (classes)",
    )
    parser.add_argument(
        "--layers",
        type=arguments.layers,
        metavar="K1,K2,…",
        help="numbers of components (default: 400,100 for pie, else chosen without labels)",
    )
    parser.add_argument(
        "--epochs",
        type=arguments.integer(1),
        metavar="N",
        help="epochs of Adam (default: 150 for digits, else 1000); the multiplicative rules make "
        "at most 300 iterations",
    )
    parser.add_argument(
        "--seed",
        type=arguments.integer(0),
        default=0,
        metavar="N",
        help="seed of the starts (default: 0)",
    )
    parser.add_argument(
        "--out",
        default="dsnmf-demo",
        metavar="DIR",
        help="folder for the results (default: dsnmf-demo)",
    )
    parser.set_defaults(run=_run)
