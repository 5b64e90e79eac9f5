"""How a user says what is read: options for tables and labels, shared by the commands."""

import argparse

#: Before the decimals.
DECIMALS = {"point": ".", "comma": ","}

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


def add_options(parser, triples=False):
    """Add the options that say how a table is read, to any command that reads samples.

    With --triples where the command can do with known entries alone.
    """
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
    group.add_argument(
        "--index",
        metavar="NAME",
        help="the column that names the samples (with --transpose: the features)",
    )
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
        "its ending, or by its first lines)",
    )
    group.add_argument(
        "--decimal",
        choices=[*DECIMALS],
        help="before the decimals of a text file's numbers (default: point, or as its first lines "
        "show)",
    )
    group.add_argument("--transpose", action="store_true", help="the file holds features x samples")
    group.add_argument(
        "--array",
        choices=["cube", "pictures"],
        help="what an array of three dimensions is: rows x columns x features, whose pixels are "
        "the samples, or samples x rows x columns",
    )
    if triples:
        group.add_argument(
            "--triples",
            action="store_true",
            help="DATA is a text of row, column, value, one known entry a line, the first line "
            "perhaps names; samples are its rows in ascending order, features its columns",
        )


def add_labels(parser, purpose, required=False):
    """Add the options for labels."""
    parser.add_argument(
        "--labels",
        required=required,
        metavar="FILE|NAME,…",
        help=f"{purpose}: integers or names, one row per sample; a file, FILE:NAME,NAME for "
        "columns of a table or of a .h5ad or .h5mu file, the names alone for columns of DATA "
        "itself (which are no features then), or the name of a data set",
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
    decimal = DECIMALS.get(parsed.decimal)
    return Layout(decimal=decimal, **{name: getattr(parsed, name) for name in names})
