"""Reading of samples by the options for tables."""

import warnings
from collections import Counter

from dsnmf.commands import arguments, labels, options


def _read_triples(source, known, layout):
    """Read the `Table` of known entries; ValueError with options for tables."""
    from dsnmf.files.named_tables import Table
    from dsnmf.files.triples import read_triples

    written = {"separator": layout.separator, "decimal": layout.decimal}
    if layout != type(layout)(**written):
        raise ValueError(
            "--triples are read as they are: but for --separator and --decimal, the options for "
            "tables are for others"
        )
    entries = read_triples(source, known, **written)
    return Table(entries.matrix, entries.columns.tolist(), entries.rows.tolist())


def _read_several(parsed, layout):
    """Read the `Table` of a .h5mu file: a MuData object, with the names of all features."""
    from dsnmf.files import h5mu
    from dsnmf.files.named_tables import Table

    if layout != type(layout)():
        raise ValueError(f"{parsed.data}: the options for tables are for files of one matrix")
    data = h5mu.read(parsed.data)
    features = [f"{key}:{name}" for key, own in data.mod.items() for name in own.var_names]
    return Table(data, features, [*map(str, data.obs_names)])


def read_samples(parsed, known=None, in_blocks=False, several=False):
    """Read the `Table` of DATA.

    Parameters
    ----------
    parsed : argparse.Namespace
        With `data` and the options of `options.add_options`.
    known : list of str, optional
        Names that the features may have.
    in_blocks : bool
        True if any source is opened rather than read.
    several : bool
        True if a file of several matrices is accepted; `values` is then its MuData object.

    Returns
    -------
    dsnmf.files.named_tables.Table
        For data on disk, `values` is the result of `dsnmf.files.on_disk.open_matrix`.

    Raises
    ------
    OSError, ImportError, ValueError
        See `dsnmf.files.named_tables.read_table`. Also if data on disk, or a data set, come with
        options for tables.
    """
    from dsnmf.files import h5mu, market, named_tables, on_disk

    layout = options.layout_of(parsed)
    if getattr(parsed, "triples", False):
        return _read_triples(parsed.data, known, layout)
    if several and h5mu.holds_several(parsed.data):
        return _read_several(parsed, layout)
    dataset = None if in_blocks else arguments.data_set(parsed.data)
    opened = not dataset and (
        in_blocks or (on_disk.is_on_disk(parsed.data) and not market.is_market(parsed.data))
    )
    if (dataset or opened) and layout != type(layout)():
        what = "a data set" if dataset else "read in blocks"
        raise ValueError(f"{parsed.data} is {what}, and takes no options for tables")
    if dataset:
        return named_tables.Table(dataset.data, picture=dataset.images)
    if opened:
        return named_tables.Table(on_disk.open_matrix(parsed.data))
    return named_tables.read_table(parsed.data, known, layout, labels.columns_of_labels(parsed))


def _order(names, known, source):
    """Indices that put names into the order of the known ones; ValueError if the sets differ."""
    from dsnmf.files.layout import list_names

    counts = (Counter(names) | Counter(known)).items()
    for what, wrong in {
        "lacks features of the model": set(known) - set(names),
        "has features that the model does not know": set(names) - set(known),
        "cannot be put into the model's order, for names come twice": {
            name for name, count in counts if count > 1
        },
    }.items():
        if wrong:
            there = f"; it has {list_names(names, 6)}" if wrong.isdisjoint(names) else ""
            wrong = ", ".join(sorted(wrong)[:3]) + (" …" if len(wrong) > 3 else "")
            raise ValueError(f"{source} {what}: {wrong}{there}")
    position = {name: i for i, name in enumerate(names)}
    return [position[name] for name in known]


def reorder_features(table, known, source, told=None):
    """Put a table's features into the order of the known ones, if both have names.

    Parameters
    ----------
    table : Table
    known : list of str, or None
    source : str
        For messages.
    told : file, optional
        File for the message that the order was changed; by default stdout.

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
            f"{nameless} does not name features: the order of those of {source} is kept",
            stacklevel=2,
        )
    return table
