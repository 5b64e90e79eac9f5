"""The command line: `dsnmf COMMAND …`, also as `python -m dsnmf COMMAND …`."""

import argparse
import sys
import warnings

from dsnmf._version import __version__

#: What a user can mend; anything else is a fault of ours, and its traceback is wanted.
_USER_ERRORS = (OSError, ImportError, ValueError, TypeError, FloatingPointError, MemoryError)


class _Parser(argparse.ArgumentParser):
    """Errors in one line, as for all others."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def _integer(minimum):
    """A converter of arguments: integers from `minimum` on."""

    def convert(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < minimum:
            raise argparse.ArgumentTypeError(f"must be an integer >= {minimum}, got {text!r}")
        return value

    return convert


def _layers(text):
    try:
        return tuple(_integer(1)(size) for size in text.split(","))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"must be integers >= 1 with commas between them, e.g. 400,100, got {text!r}"
        ) from None


def _demo(arguments):
    from dsnmf.experiments import demo

    demo.run(arguments.data, arguments.layers, arguments.epochs, arguments.seed, arguments.out)


def _add_demo(commands):
    parser = commands.add_parser(
        "demo",
        help="cluster raw and learned features, and compare",
        description="k-means on raw features, PCA, Semi-NMF and Deep Semi-NMF: a table of NMI "
        "and accuracy, a figure, and the results as JSON and CSV.",
        epilog="examples:\n  dsnmf demo\n  dsnmf demo --data pie --out pie-demo\n"
        "  dsnmf demo --data faces.mat --layers 200,50 --epochs 500",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data",
        default="digits",
        metavar="digits|pie|PATH.mat",
        help="digits (default), pie (CMU PIE faces: downloaded, unless the folder that DSNMF_DATA "
        "names has them), or a MATLAB file with fea (samples x features) and gnd (classes)",
    )
    parser.add_argument(
        "--layers",
        type=_layers,
        metavar="K1,K2,…",
        help="numbers of components (default: 400,40 for digits, otherwise 400,100)",
    )
    parser.add_argument(
        "--epochs",
        type=_integer(1),
        metavar="N",
        help="epochs of Adam (default: 150 for digits, otherwise 1000); the multiplicative rules "
        "make at most 300 iterations",
    )
    parser.add_argument(
        "--seed", type=_integer(0), default=0, metavar="N", help="of the starts (default: 0)"
    )
    parser.add_argument(
        "--out",
        default="dsnmf-demo",
        metavar="DIR",
        help="folder for the results (default: dsnmf-demo)",
    )
    parser.set_defaults(run=_demo)


def _parser():
    parser = _Parser(prog="dsnmf", description="Deep Semi-NMF and Deep WSF.")
    parser.add_argument("--version", action="version", version=f"dsnmf {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    return parser


def _one_line(error):
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def main(argv=None):
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Its words; by default those that the program was called with.

    Returns
    -------
    int
        Exit code: 0, 2 after an error that one line on stderr explains, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With 2 if argv cannot be understood, with 0 after --help and --version.
    """
    arguments = _parser().parse_args(argv)

    def show_warning(message, *args, **kwargs):
        print(f"dsnmf: warning: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        warnings.filterwarnings("ignore", "interrupted after iteration", RuntimeWarning)
        try:
            arguments.run(arguments)
        except KeyboardInterrupt:
            print("dsnmf: interrupted", file=sys.stderr)
            return 130
        except _USER_ERRORS as error:
            print(f"dsnmf: error: {_one_line(error)}", file=sys.stderr)
            return 2
    return 0
