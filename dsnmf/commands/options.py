"""Options for reading tables and labels, shared by the commands."""

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
    """Add the options for reading a table; with --triples if the command takes known entries."""
    group = parser.add_argument_group("reading DATA")
    group.add_argument(
        "--columns",
        type=_words,
        default=(),
        metavar="NAME,…",
        help="features to use, by name or by patterns such as 'gene_*' (features without names: "
        "numbers from 0)",
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
        help="cells that are unknown entries, besides empty cells, NA, nan and null; negative "
        "numbers as --missing=-9999",
    )
    group.add_argument(
        "--separator",
        type=_separator,
        metavar="S",
        help="separator of the cells in a text file: a letter or "
        f"{', '.join(SEPARATORS)} (default: by the file's ending, or by its first lines)",
    )
    group.add_argument(
        "--decimal",
        choices=[*DECIMALS],
        help="decimal mark of a text file's numbers (default: point, or by its first lines)",
    )
    group.add_argument("--transpose", action="store_true", help="the file has features x samples")
    group.add_argument(
        "--array",
        choices=["cube", "pictures"],
        help="meaning of a three-dimensional array. cube: rows x columns x features, whose pixels "
        "are the samples; pictures: samples x rows x columns",
    )
    if triples:
        group.add_argument(
            "--triples",
            action="store_true",
            help="DATA is a text with one known entry per line: row, column, value; the first line "
            "may be a header. Its rows are the samples and its columns the features, in ascending "
            "order",
        )


def add_labels(parser, purpose, required=False):
    """Add the options for labels."""
    parser.add_argument(
        "--labels",
        required=required,
        metavar="FILE|NAME,…",
        help=f"{purpose}: integers or names, one row per sample. A file; FILE:NAME,NAME for "
        "columns of a table or of a .h5ad or .h5mu file; NAME,NAME for columns of DATA itself, "
        "which are then not used as features; or the name of a data set",
    )
    parser.add_argument(
        "--unknown",
        type=_words,
        default=(),
        metavar="TEXT,…",
        help="labels that count as unknown, besides -1 and empty cells",
    )


def layout_of(parsed):
    """The `Layout` that the options give."""
    from dsnmf.files.layout import Layout

    names = ("columns", "drop", "index", "missing", "separator", "transpose", "array")
    decimal = DECIMALS.get(parsed.decimal)
    return Layout(decimal=decimal, **{name: getattr(parsed, name) for name in names})
