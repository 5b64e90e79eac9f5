"""Labels that commands read: of files, of data sets, or columns of the samples' own table."""

import os
import sys
import warnings
from dataclasses import replace

from dsnmf.commands import arguments, options


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
    may_have = frames.is_frame(own) or own.lower().endswith(arguments.ANNOTATED)
    if may_have and not os.path.splitext(path)[1] and os.sep not in path:
        return f"{own}:{source}"
    return source


def used_columns(parsed):
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
    return tuple(frames.split_names(names, frames.column_names(own, options.layout_of(parsed))))


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
        warnings.simplefilter("ignore")  # the labels' reader has told
        may_have = path.lower().endswith(arguments.ANNOTATED)
        return matrices.read_sample_names(path) if may_have else None


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
            samples = [*map(str, samples)]
            y = _aligned(y, _names_beside(source, layout, samples), samples, source)
    if len(y) != n_samples:
        whose = "the model" if parsed.data is None else parsed.data
        raise ValueError(f"{source} has labels of {len(y)} samples, but {whose} has {n_samples}")
    return y


def count_classes(y):
    """How many classes, and unknown labels, a fit will see, in a line."""
    from dsnmf.affinity.classes import as_label_codes

    texts = []
    for codes in as_label_codes(y):
        classes, unknown = max(codes) + 1, (codes < 0).sum()
        texts.append(f"{classes} {'class' if classes == 1 else 'classes'}, {unknown} unknown")
    return f"Labels of {len(y)} samples: {'; '.join(texts)}"
