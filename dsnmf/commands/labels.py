"""Labels for commands: from files, from data sets, or from columns of the samples' table."""

import os
import sys
import warnings
from collections import Counter
from dataclasses import replace

from dsnmf.commands import arguments, options


def source_of_labels(parsed):
    """The source of --labels: FILE, FILE:NAME or a data set's name; None without labels.

    A word that names neither a file nor a data set names columns of DATA.
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
    may_have = frames.is_frame(own) or own.lower().endswith(arguments.ANNOTATED)
    if may_have and not os.path.splitext(path)[1] and os.sep not in path:
        return f"{own}:{source}"
    return source


def names_of(parsed, count):
    """What so many attributes are called: columns of a table by their names, others by numbers."""
    from dsnmf.files.names import file_of

    _, text = file_of(source_of_labels(parsed))
    names = [] if text is None else [name.strip() for name in text.split(",")]
    return names if len(names) == count else [*range(1, count + 1)]


def columns_of_labels(parsed):
    """Columns of DATA that hold the labels."""
    from dsnmf.files import frames
    from dsnmf.files.names import file_of

    source = source_of_labels(parsed)
    if source is None:
        return ()
    if parsed.data is None:
        return ()
    (path, names), (own, _) = file_of(source), file_of(parsed.data)
    if names is None or not frames.is_frame(path) or not os.path.exists(own):
        return ()
    if not os.path.samefile(path, own):
        return ()
    return tuple(frames.split_names(names, frames.column_names(own, options.layout_of(parsed))))


def _labels_layout(parsed, source):
    """The `Layout` of the table with the labels: like DATA's if it is the same file."""
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
    if is_data:
        layout = replace(layout, decimal=options.layout_of(parsed).decimal)
    has_index = parsed.index in frames.column_names(path, layout)
    return replace(layout, index=parsed.index) if has_index else layout


def _names_beside(source, layout, samples):
    """Names of the samples in a file of labels, or None.

    Of a table without the index of the data they are a column that holds the samples' names.
    """
    from dsnmf.files import frames, matrices
    from dsnmf.files.names import file_of

    path, columns = file_of(source)
    if frames.is_frame(path) and columns is not None:
        return frames.index_names(path, layout) or frames.column_with(path, layout, samples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader of the labels has warned
        may_have = path.lower().endswith(arguments.ANNOTATED)
        return matrices.read_sample_names(path) if may_have else None


def _align(y, names, samples, source):
    """Put labels into the order of the samples, if both have the same names."""
    if names is None or samples is None or names == samples:
        return y
    places = {name: i for i, name in enumerate(names)}
    if len(places) < len(names) or not {*samples} <= {*names}:
        warnings.warn(
            f"{source}: its names of samples are not those of the data; the order of labels is "
            "kept",
            stacklevel=3,
        )
        return y
    print(f"{source}: labels put into the samples' order by their names", file=sys.stderr)
    return y[[places[name] for name in samples]]


def read_labels(parsed, n_samples, samples=None):
    """Read the labels of n_samples samples; None without --labels.

    Parameters
    ----------
    parsed : argparse.Namespace
    n_samples : int
    samples : list of str, optional
        The samples' names: labels with the same names are put into this order.

    Returns
    -------
    ndarray, or None

    Raises
    ------
    ValueError
        If there are labels for another number of samples.
    """
    from dsnmf.files import matrices

    source = source_of_labels(parsed)
    if source is None:
        return None
    dataset = arguments.data_set(source)
    if dataset:
        y = dataset.target
    else:
        layout = _labels_layout(parsed, source)
        y = matrices.read_labels(source, n_samples, layout=layout, unknown=parsed.unknown)
        if samples is not None:
            samples = [*map(str, samples)]
            y = _align(y, _names_beside(source, layout, samples), samples, source)
    if len(y) != n_samples:
        whose = "the model" if parsed.data is None else parsed.data
        raise ValueError(f"{source} has labels of {len(y)} samples, but {whose} has {n_samples}")
    return y


#: Names are near one another if so much of them is the same, see `difflib.SequenceMatcher`.
_NEAR = 0.85

#: Of more classes the names are not compared, which takes long.
_MANY = 300


def _may_be_same(name, other):
    """Whether two names may be of one class, misspelt: not if they only count, as a1 and a2."""
    from difflib import SequenceMatcher

    if name.strip().casefold() == other.strip().casefold():
        return True
    changes = SequenceMatcher(None, name, other, autojunk=False)
    if changes.ratio() < _NEAR:
        return False
    words = ({*name.split()} ^ {*other.split()}) or {""}
    return not any(map(str.isdecimal, name + other)) and max(map(len, words)) > 1


def warn_of_similar_classes(y, source):
    """Warn of a class of one sample whose name is nearly that of another one: it may be misspelt.

    Parameters
    ----------
    y : ndarray
    source : str
    """
    for column in y.reshape(len(y), -1).T if y.dtype.kind == "O" else ():
        counts = Counter(name for name in column.tolist() if isinstance(name, str))
        rare = [name for name, count in counts.items() if count == 1]
        for name in rare if len(counts) <= _MANY else ():
            others = [other for other in counts if other != name and _may_be_same(name, other)]
            if others:
                warnings.warn(
                    f"{source}: class {name!r} has one sample; is it {others[0]!r}, misspelt?",
                    stacklevel=2,
                )


def count_classes(y):
    """A line with the numbers of classes and of unknown labels."""
    from dsnmf.affinity.classes import as_label_codes

    texts = []
    for codes in as_label_codes(y):
        classes, unknown = max(codes) + 1, (codes < 0).sum()
        texts.append(f"{classes} {'class' if classes == 1 else 'classes'}, {unknown} unknown")
    return f"Labels of {len(y)} samples: {'; '.join(texts)}"
