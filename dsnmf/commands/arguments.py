"""Shared parts of commands: parsers, converters for argparse, inputs and outputs."""

import argparse
import contextlib
import math
import os
import textwrap
import warnings
from pathlib import Path


def add_parser(commands, name, summary, description, examples):
    """Add a command's parser.

    Parameters
    ----------
    commands : the result of `ArgumentParser.add_subparsers`
    name : str
        The command.
    summary : str
        Its line in `dsnmf --help`.
    description : str
        The paragraph above the command's options.
    examples : sequence of str
        Command lines.

    Returns
    -------
    argparse.ArgumentParser
    """
    return commands.add_parser(
        name,
        help=summary,
        description=textwrap.fill(description, 79, break_on_hyphens=False),
        epilog="\n  ".join(["examples:", *examples]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def integer(minimum):
    """A converter of arguments for argparse: integers >= `minimum`."""

    def convert(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < minimum:
            raise argparse.ArgumentTypeError(f"must be an integer >= {minimum}, got {text!r}")
        return value

    return convert


def layers(text):
    """Numbers of components, e.g. "400,100", as a tuple."""
    try:
        return tuple(integer(1)(size) for size in text.split(","))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"must be integers >= 1 with commas between them, e.g. 400,100, got {text!r}"
        ) from None


def numbers(text):
    """One number >= 0 or several, e.g. "0.1" or "0.1,0.01", as a float or a tuple."""
    try:
        values = tuple(float(number) for number in text.split(","))
    except ValueError:
        values = (-1.0,)
    if not all(0 <= value < math.inf for value in values):
        raise argparse.ArgumentTypeError(
            f"must be finite numbers >= 0 with commas between them, e.g. 0.1,0.01, got {text!r}"
        )
    return values if len(values) > 1 else values[0]


def add_seed(parser, purpose):
    """Add the option --seed."""
    parser.add_argument(
        "--seed", type=integer(0), default=0, metavar="N", help=f"{purpose} (default: 0)"
    )


def positive(text):
    """A finite number > 0."""
    value = numbers(text)
    if isinstance(value, tuple) or not value > 0:
        raise argparse.ArgumentTypeError(f"must be a number > 0, got {text!r}")
    return value


def shape(text):
    """The shape of a picture, e.g. "32x32" or "32x32x3", as a tuple."""
    try:
        sides = tuple(integer(1)(side) for side in text.lower().split("x"))
    except argparse.ArgumentTypeError:
        sides = ()
    if len(sides) not in (2, 3):
        raise argparse.ArgumentTypeError(f"must be HEIGHTxWIDTH, e.g. 32x32, got {text!r}")
    return sides


#: Solvers of the models that `fit` makes; the last ones are of deep models alone.
SOLVERS = ("multiplicative", "hals", "bcd", "adam", "lbfgs")
OF_DEEP_MODELS = ("adam", "lbfgs")

#: Endings of files with samples and labels, for texts.
FORMATS = ".npy, .npz, .csv, .tsv, .txt, .parquet, .h5ad, .h5mu, .mat, .mtx or .hdr (ENVI)"

#: Endings of files with named samples, their labels and their features.
ANNOTATED = (".h5ad", ".h5mu")

#: Endings of files with features, components and samples, for texts.
OUTPUTS = ".csv, .tsv, .parquet, .npy, .npz or .mat"

#: Sources that are read in blocks, if they have more than one, for texts.
ON_DISK = "PATH.h5:DATASET, PATH.zarr, PATH.zarr:NAME or a folder of .npy or .npz files"


def dask_client(address):
    """A context in which Dask computes on the cluster at this address; without one, does nothing.

    Raises
    ------
    ImportError
        If distributed is missing.
    OSError
        If there is no scheduler at the address.
    """
    if address is None:
        return contextlib.nullcontext()
    from dsnmf.extras import extra

    return extra("distributed", "--dask", "distributed").Client(address)


def shape_of(X):
    """(n_samples, n_features) of data in memory or opened on disk."""
    from dsnmf.data.sources import as_source

    source = as_source(X)
    return X.shape if source is None else source.shape


@contextlib.contextmanager
def names_in_warnings(X, names):
    """A context for fits to X, in which a warning names the feature that it is about.

    It is the warning of a feature with nearly all of X's squared norm. `names` may be None.
    """
    from dsnmf.data.shares import GoverningFeatureWarning, energies_of, warn_of_governing

    with warnings.catch_warnings():
        if names is not None:
            warn_of_governing(energies_of(X), names)
            warnings.simplefilter("ignore", GoverningFeatureWarning)
        yield


def data_set(source):
    """The data set of that name; None if it names a file; ValueError if it is neither."""
    from dsnmf import datasets
    from dsnmf.files.names import file_of

    if source in datasets.LOADERS:
        return datasets.load(source)
    path = Path(file_of(source)[0])
    if not path.suffix and not path.exists():
        known = ", ".join(datasets.LOADERS)
        raise ValueError(f"{source!r} is neither a file nor a data set ({known})")
    return None


def check_output(path, *inputs, endings=None):
    """Refuse an output before anything is computed.

    Parameters
    ----------
    path : str
    *inputs : str
        Files (perhaps as `PATH:NAME`) and names that the command reads.
    endings : sequence of str, optional
        The path must have one of them.

    Raises
    ------
    OSError
        If no file can be written there.
    ValueError
        If it is one of the inputs.
    """
    from dsnmf.files import atomic
    from dsnmf.files.names import file_of

    if endings is not None and os.path.splitext(path)[1].lower() not in endings:
        raise ValueError(f"{path} must end in one of {', '.join(endings)}")
    atomic.check_place(path)
    for source in inputs:
        read, _ = file_of(source)
        if os.path.exists(path) and os.path.exists(read) and os.path.samefile(path, read):
            raise ValueError(f"{path} is an input, and would be overwritten")
