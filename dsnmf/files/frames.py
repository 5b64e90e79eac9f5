"""Tables with a header, read by pandas with the user's layout: .csv, .tsv, .txt, .parquet."""

import csv
import shlex
import warnings
from pathlib import Path

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.cells import MISSING, is_whole
from dsnmf.files.damage import damage_as, text_damage_as
from dsnmf.files.dialect import COMMA, POINT, SEPARATORS, dialect_of, other_separators
from dsnmf.files.faults import advice_on, note_on_empty
from dsnmf.files.headers import INDEX_NAMES, LEFT_OUT
from dsnmf.files.layout import Layout, find_columns, list_names, pick_columns

SUFFIXES = (*SEPARATORS, ".parquet")


def exact_numbers(pandas):
    """Options for `read_csv` to read every digit of a number; from pandas 3.1 on the default."""
    is_early = tuple(map(int, pandas.__version__.split(".")[:2])) < (3, 1)
    return {"float_precision": "round_trip"} if is_early else {}


def is_frame(path):
    """True if a path has the ending of such a table."""
    return Path(path).suffix.lower() in SUFFIXES


def _is_text(path):
    return Path(path).suffix.lower() in SEPARATORS


def _dialect(path, layout):
    return dialect_of(path, layout.separator, layout.decimal)


def _check_separator(path, separator):
    """Refuse a text without the separator."""
    with text_damage_as(path, "is no text"), open(path, encoding="utf-8-sig") as file:
        other, below = (other_separators(file.readline(), separator) for _ in range(2))
    if separator is None:
        hint = other or "say what is between its cells, e.g. --separator tab"
        raise ValueError(f"{path}: {hint}")
    if other and below:
        raise ValueError(f"{path} has no {separator!r} between its cells: {other}")


def _read_text(path, layout, pandas):
    dialect = _dialect(path, layout)
    open(path, "rb").close()  # raises if the path is wrong
    _check_separator(path, dialect.separator)
    with text_damage_as(path, f"is no table with {dialect.separator!r} between its cells"):
        frame = pandas.read_csv(
            path,
            sep=dialect.separator,
            decimal=dialect.decimal,
            na_values=[*MISSING, *layout.missing],
            keep_default_na=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
            # Names keep their zeros.
            dtype=None if layout.index is None else {layout.index: str},
            **exact_numbers(pandas),
        )
    if dialect.note:
        warnings.warn(f"{path}: {dialect.note}", stacklevel=3)
    frame.columns = [dialect.with_point(str(name).strip()) for name in frame.columns]
    return _without_empty_rows(path, frame, dialect)


def _records(path, dialect):
    """(line, cells) of the lines that pandas reads."""
    if len(dialect.separator) > 1:
        with open(path, encoding="utf-8-sig") as file:
            yield from ((i, line.split()) for i, line in enumerate(file, 1) if line.strip())
        return
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, delimiter=dialect.separator, skipinitialspace=True)
        yield from ((reader.line_num, cells) for cells in reader if cells)


def _without_empty_rows(path, frame, dialect):
    """Remove rows without any cell, which spreadsheets add, with a warning."""
    if frame.empty or not frame.isna().all(axis=1).any():
        return frame
    lines = [(i, any(map(str.strip, cells))) for i, cells in _records(path, dialect)][1:]
    empty = [line for line, has_cells in lines if not has_cells]
    if len(lines) != len(frame) or not 0 < len(empty) < len(lines):
        return frame
    warnings.warn(f"{path}: {note_on_empty(empty)}", stacklevel=4)
    return frame[[has_cells for _, has_cells in lines]].reset_index(drop=True)


def read_frame(path, layout):
    """Read the whole table; its index is the samples' names, if it has them.

    Parameters
    ----------
    path : str or path-like
    layout : Layout

    Returns
    -------
    pandas.DataFrame
        Its columns' names are texts.
    """
    pandas = extra("pandas", "reading tables", "files")
    if Path(path).suffix.lower() == ".parquet":
        extra("pyarrow", "reading .parquet files", "files")
        with open(path, "rb") as file, damage_as(path, "is no intact .parquet file"):
            frame = pandas.read_parquet(file, engine="pyarrow")
        frame.columns = [str(name).strip() for name in frame.columns]
        if layout.missing:
            tokens = [*layout.missing, *numbers_among(layout.missing)]
            frame = frame.mask(frame.isin(tokens))
    else:
        frame = _read_text(path, layout, pandas)
    if layout.index is not None:
        place = find_columns([layout.index], frame.columns, path, "--index")[0]
        return frame.set_index(frame.columns[place])
    if frame.shape[1] > 1 and frame.columns[0] in INDEX_NAMES:
        warnings.warn(f"{path}: {LEFT_OUT}", stacklevel=2)
        return frame.set_index(frame.columns[0])
    return frame


def numbers_among(tokens):
    """The tokens that are numbers, as floats."""
    for token in tokens:
        try:
            yield float(token)
        except ValueError:
            continue


def _parse_numbers(column, decimal, pandas):
    """Parse a column of texts as numbers, NaN for other texts; and a mask of those."""
    texts = column.astype(object)
    if decimal == COMMA:  # a point may separate thousands
        is_text = texts.map(lambda cell: isinstance(cell, str))
        texts = texts.mask(is_text & texts.astype(str).str.contains(POINT, regex=False), "a word")
        texts = texts.where(~is_text, texts.astype(str).str.replace(COMMA, POINT, regex=False))
    numbers = pandas.to_numeric(texts, errors="coerce")
    return numbers, (numbers.isna() & texts.notna()).to_numpy()


def _place_of(path, layout, frame, row):
    """The line of a row in the file, and its name."""
    named = "" if frame.index.name is None else f", {frame.index.name} {frame.index[row]}"
    if not _is_text(path):
        return f"row {row + 1}{named}"
    records = (line for line, cells in _records(path, _dialect(path, layout)) if any(cells))
    return f"line {[*records][row + 1]}{named}"


def _as_numbers(frame, path, layout, pandas):
    decimal = _dialect(path, layout).decimal if _is_text(path) else POINT
    for name, column in frame.items():
        if getattr(column.dtype, "kind", "O") in "fiub":
            continue
        numbers, bad = _parse_numbers(column, decimal, pandas)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            place, cell = _place_of(path, layout, frame, row), column.iloc[row]
            fault = f"{path}, {place}, column {name}: {cell!r} is not a number"
            if layout.index is None and bad.all() and column.nunique() == len(column) > 1:
                what = "features" if layout.transpose else "samples"
                fault += f"; does it name the {what}? --index {shlex.quote(name)}. Or"
            else:
                fault += ";"
            raise ValueError(f"{fault} {advice_on(str(cell), name)}")
        frame[name] = numbers
    is_single = (frame.dtypes == np.float32).all()
    return frame.to_numpy(np.float32 if is_single else np.float64, na_value=np.nan)


def tell_left_out(path, names):
    """Warn of columns that are no features of a model."""
    shown = list_names(names, 3)
    warnings.warn(f"{path}: not features of the model, left out: {shown}", stacklevel=5)


def check_known(known, names, source):
    """Refuse names of features that lack some of a model's; the message says what there is."""
    lacking = sorted({*(known or ())} - {*names})
    if lacking:
        shown = ", ".join(lacking[:3]) + (" …" if len(lacking) > 3 else "")
        raise ValueError(
            f"{source} lacks features of the model: {shown}; it has {list_names(names, 6)}"
        )


def _find_known(known, layout, names, path):
    """Places of a model's features, if the table has them all and the user names none."""
    if known is None or layout.columns or layout.drop or not {*known} <= {*names}:
        return None
    left_out = [name for name in names if name not in {*known}]
    if left_out:
        tell_left_out(path, left_out)
    return find_columns(known, names, path, "--columns")


def read_columns(path, layout, used=(), known=None):
    """Read the features of a layout.

    Parameters
    ----------
    path : str or path-like
    layout : Layout
    used : sequence of str
        Columns with labels.
    known : list of str, optional
        Names of a model's features: if the layout selects none, other columns are left out, with a
        warning.

    Returns
    -------
    values : ndarray, shape (n_samples, n_features)
    features : list of str
    samples : list of str or None
    """
    pandas = extra("pandas", "reading tables", "files")
    frame = read_frame(path, layout)
    # Names may be whole numbers in equal steps, which pandas stores as a range too.
    named = frame.index.name is not None or not isinstance(frame.index, pandas.RangeIndex)
    places = _find_known(known, layout, [*frame.columns], path)
    if places is None:
        places = pick_columns(layout, frame.columns, path, used)
        check_known(known, [frame.columns[i] for i in places], path)
    values = _as_numbers(frame.iloc[:, places].copy(), path, layout, pandas)
    names = [*map(str, frame.index)] if named else None
    return values, [frame.columns[i] for i in places], names


def _read_again(path, layout):
    """Read the table without warnings, which another reading gives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_frame(path, layout)


def index_names(path, layout):
    """Names of the samples, or None if the table has no index."""
    frame = _read_again(path, layout)
    is_named = frame.index.name is not None or not hasattr(frame.index, "start")  # it only counts
    return [*map(str, frame.index)] if is_named else None


def column_names(path, layout):
    """Names of all columns."""
    return [*_read_again(path, layout).reset_index().columns]


def column_with(path, layout, names):
    """The texts of the column that has at least half of these names, or None.

    For whole numbers it is the first column only: others may have the same numbers by chance.
    """
    if _is_text(path):
        rows = [cells for _, cells in _records(path, _dialect(path, layout)) if any(cells)]
        columns = [[cell.strip() for cell in column] for column in zip(*rows[1:])]
    else:
        columns = [[*map(str, column)] for _, column in _read_again(path, layout).items()]
    wanted = {*names}
    columns = columns[:1] if all(map(is_whole, names)) else columns
    shared = [len(wanted & {*column}) for column in columns]
    best = shared.index(max(shared)) if shared else None
    return columns[best] if shared and shared[best] >= len(wanted) / 2 else None


def split_names(text, names):
    """Split names at commas; a name of a column may contain commas itself."""
    return [text] if text in names else [name.strip() for name in text.split(",")]


def read_label_columns(path, text, layout=None):
    """Read columns of labels, unchanged, None for a missing label.

    Parameters
    ----------
    path : str or path-like
    text : str
        Names of the columns, with commas between them, in the order of the attributes.
    layout : Layout, optional

    Returns
    -------
    ndarray of objects, shape (n_samples, n_attributes)
    """
    frame = read_frame(path, layout or Layout())
    names = split_names(text, [*frame.columns])
    places = [i for name in names for i in find_columns([name], frame.columns, path, "--labels")]
    labels = frame.iloc[:, places].astype(object)
    return labels.where(labels.notna(), None).to_numpy()
