"""What commands read: samples and labels, as the options for tables say."""

import argparse
import os
import sys
import warnings
from collections import Counter
from dataclasses import replace

from dsnmf.commands import arguments

#: Names of separators that a shell makes hard to type.
SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": r"\s+", "pipe": "|"}


def _separator(text):
    separator = SEPARATORS.get(text, text)
    if len(separator) != 1 and separator != r"\s+":
        known = ", ".join(SEPARATORS)
        raise argparse.ArgumentTypeError(f"must be one letter or one of {known}, got {text!r}")
    return separator


def _words(text):
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def add_options(parser):
    """Add the options that say how a table is read, to any command that reads samples."""
    group = parser.add_argument_group("how DATA is read")
    group.add_argument(
        "--columns",
        type=_words,
        default=(),
        metavar="NAME,…",
        help="features to take, by name or by patterns such as 'gene_*' (numbers from 0 where "
        "they have no names)",
    )
    group.add_argument(
        "--drop", type=_words, default=(), metavar="NAME,…", help="features to leave out"
    )
    group.add_argument("--index", metavar="NAME", help="the column that names the samples")
    group.add_argument(
        "--missing",
        type=_words,
        default=(),
        metavar="TEXT,…",
        help="cells that mean an unknown entry, beside empty ones, NA, nan and null; write "
        "--missing=-9999",
    )
    group.add_argument(
        "--separator",
        type=_separator,
        metavar="S",
        help=f"between the cells of a text file: a letter or {', '.join(SEPARATORS)} (default: by "
        "its ending)",
    )
    group.add_argument("--transpose", action="store_true", help="the file holds features x samples")
    group.add_argument(
        "--array",
        choices=["cube", "pictures"],
        help="what an array of three dimensions is: rows x columns x features, whose pixels are "
        "the samples, or samples x rows x columns",
    )


def add_labels(parser, purpose):
    """Add the options for labels."""
    parser.add_argument(
        "--labels",
        metavar="FILE|NAME,…",
        help=f"{purpose}: integers or names, one row per sample; a file, FILE:NAME,NAME for "
        "columns of a table or of a .h5ad file, the names alone for columns of DATA itself (which "
        "are no features then), or the name of a data set",
    )
    parser.add_argument(
        "--unknown",
        type=_words,
        default=(),
        metavar="TEXT,…",
        help="labels that mean that none is known, beside -1 and empty cells",
    )


def layout_of(parsed):
    """The `Layout` that the options describe."""
    from dsnmf.files.layout import Layout

    names = ("columns", "drop", "index", "missing", "separator", "transpose", "array")
    return Layout(**{name: getattr(parsed, name) for name in names})


def labels_source(parsed):
    """FILE, FILE:NAME or a data set's name that --labels stands for; None without labels.

    A word that is no file and no data set names columns of DATA.
    """
    source = getattr(parsed, "labels", None)
    if source is None:
        return None
    from dsnmf import datasets
    from dsnmf.files import frames
    from dsnmf.files.names import file_of

    path, name = file_of(source)
    if source in datasets.LOADERS or name is not None or os.path.exists(path):
        return source
    if parsed.data is None:
        return source
    own, _ = file_of(parsed.data)
    may_have = frames.is_frame(own) or own.lower().endswith(".h5ad")
    if may_have and not os.path.splitext(path)[1] and os.sep not in path:
        return f"{own}:{source}"
    return source


def _used(parsed):
    """Columns of DATA that hold the labels."""
    from dsnmf.files import frames
    from dsnmf.files.names import file_of

    source = labels_source(parsed)
    if source is None:
        return ()
    if parsed.data is None:
        return ()
    (path, names), (own, _) = file_of(source), file_of(parsed.data)
    if names is None or not frames.is_frame(path) or not os.path.exists(own):
        return ()
    if not os.path.samefile(path, own):
        return ()
    return tuple(frames.split_names(names, frames.column_names(own, layout_of(parsed))))


def read_samples(parsed, known=None, in_blocks=False):
    """The `Table` of DATA.

    Parameters
    ----------
    parsed : argparse.Namespace
        With `data` and what `add_options` adds.
    known : list of str, optional
        Names that the features may have.
    in_blocks : bool
        Whether any source must be opened.

    Returns
    -------
    dsnmf.files.named_tables.Table
        Of what is not in memory the values are what opens it, see
        `dsnmf.files.on_disk.open_matrix`.

    Raises
    ------
    OSError, ImportError, ValueError
        As `dsnmf.files.named_tables.read_table` has it; if what is on the disk, or a data set, is
        to be read in another way.
    """
    from dsnmf.files import market, named_tables, on_disk

    layout = layout_of(parsed)
    dataset = None if in_blocks else arguments.data_set(parsed.data)
    opened = not dataset and (
        in_blocks or (on_disk.is_on_disk(parsed.data) and not market.is_market(parsed.data))
    )
    if (dataset or opened) and layout != type(layout)():
        what = "a data set" if dataset else "read in blocks"
        raise ValueError(f"{parsed.data} is {what}: the options for tables are for files of others")
    if dataset:
        return named_tables.Table(dataset.data, picture=dataset.images)
    if opened:
        return named_tables.Table(on_disk.open_matrix(parsed.data))
    return named_tables.read_table(parsed.data, known, layout, _used(parsed))


def _labels_layout(parsed, source):
    """How the table that holds the labels is read: as DATA, if it is that, or has its index."""
    from dsnmf.files import frames
    from dsnmf.files.layout import Layout
    from dsnmf.files.names import file_of

    path, columns = file_of(source)
    if columns is None or not frames.is_frame(path):
        return None
    own = "" if parsed.data is None else file_of(parsed.data)[0]
    is_data = os.path.exists(own) and os.path.exists(path) and os.path.samefile(own, path)
    is_plain = os.path.splitext(path)[1].lower() in (".txt", ".dat")
    layout = Layout(
        missing=parsed.missing, separator=parsed.separator if is_data or is_plain else None
    )
    has_index = parsed.index in frames.column_names(path, layout)
    return replace(layout, index=parsed.index) if has_index else layout


def _names_beside(source, layout):
    """Names of the samples in a file of labels, or None."""
    from dsnmf.files import frames, matrices
    from dsnmf.files.names import file_of

    path, columns = file_of(source)
    if frames.is_frame(path) and columns is not None:
        return frames.index_names(path, layout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the labels' reader has told
        return matrices.read_sample_names(path) if path.lower().endswith(".h5ad") else None


def _aligned(y, names, samples, source):
    """Labels in the order of the samples, where both have the same names."""
    if names is None or samples is None or names == samples:
        return y
    places = {name: i for i, name in enumerate(names)}
    if len(places) < len(names) or not {*samples} <= {*names}:
        warnings.warn(
            f"{source}: its names of samples are not those of the data; labels are taken in "
            "their order",
            stacklevel=3,
        )
        return y
    print(f"{source}: labels put into the samples' order by their names", file=sys.stderr)
    return y[[places[name] for name in samples]]


def read_labels(parsed, n_samples, samples=None):
    """Labels of as many samples, or None without --labels.

    Parameters
    ----------
    parsed : argparse.Namespace
    n_samples : int
    samples : list of str, optional
        Their names: labels that have the same ones are put into their order.

    Returns
    -------
    ndarray, or None

    Raises
    ------
    ValueError
        If they are of another number of samples.
    """
    from dsnmf.files import matrices

    source = labels_source(parsed)
    if source is None:
        return None
    dataset = arguments.data_set(source)
    if dataset:
        y = dataset.target
    else:
        layout = _labels_layout(parsed, source)
        y = matrices.read_labels(source, n_samples, layout=layout, unknown=parsed.unknown)
        if samples is not None:
            names = _names_beside(source, layout)
            y = _aligned(y, names, [*map(str, samples)], source)
    if len(y) != n_samples:
        whose = "the model" if parsed.data is None else parsed.data
        raise ValueError(f"{source} has labels of {len(y)} samples, but {whose} has {n_samples}")
    return y


def _order(names, known, source):
    """Indices that put named features into the order of the known ones, which must be the same."""
    counts = (Counter(names) | Counter(known)).items()
    for what, wrong in {
        "lacks features of the model": set(known) - set(names),
        "has features that the model does not know": set(names) - set(known),
        "cannot be put into the model's order, for names come twice": {
            name for name, count in counts if count > 1
        },
    }.items():
        if wrong:
            listed = ", ".join(sorted(wrong)[:3]) + (" …" if len(wrong) > 3 else "")
            raise ValueError(f"{source} {what}: {listed}")
    position = {name: i for i, name in enumerate(names)}
    return [position[name] for name in known]


def put_in_order(table, known, source, told=None):
    """The table with its features in the order of the known ones, where both have names.

    Parameters
    ----------
    table : Table
    known : list of str, or None
    source : str
        For messages.
    told : file, optional
        Where it is said that they were put into another order; by default stdout.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If the names are not the same.
    """
    names = table.features
    if names is not None and known is not None:
        if names != known:
            table.values = table.values[:, _order(names, known, source)]
            table.features = known
            print(f"{source}: features put into the model's order by their names", file=told)
    elif (names is None) != (known is None):
        nameless = "the model" if known is None else source
        warnings.warn(
            f"{nameless} does not name features: those of {source} are taken in their order",
            stacklevel=2,
        )
    return table
