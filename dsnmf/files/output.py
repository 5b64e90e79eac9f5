"""Printed text: in any encoding of the output, with enough digits in numbers."""

import io
import sys


def tolerate_missing_letters():
    """Print "?" for letters that the output's encoding lacks, instead of raising.

    Windows writes to files and pipes in encodings of some 250 letters.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def right_aligned(rows):
    """Lines of a table of texts, each column as wide as its widest cell.

    Examples
    --------
    >>> from dsnmf.files.output import right_aligned
    >>> right_aligned([["k", "score"], ["10", "0.5"]])
    [' k  score', '10    0.5']
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows]


def _round(value, decimals):
    small = 0 < abs(value) < 10**-decimals  # the decimals would show one digit at most
    return f"{value:.{decimals + 1}g}" if small else f"{value:.{decimals}f}"


def tell_apart(*values, decimals):
    """Numbers as texts with so many decimals, or more if their texts would otherwise be equal.

    Small numbers have decimals + 1 significant digits. Numbers that agree in six significant digits
    count as equal.

    Parameters
    ----------
    *values : float
    decimals : int >= 1

    Returns
    -------
    list of str

    Examples
    --------
    >>> from dsnmf.files.output import tell_apart
    >>> tell_apart(41.26, 0.00012345, decimals=1), tell_apart(99.97, 100, decimals=1)
    (['41.3', '0.00012'], ['99.97', '100.00'])
    """
    different = len({f"{value:.6g}" for value in values})
    for more in range(8):
        texts = [_round(value, decimals + more) for value in values]
        if len(set(texts)) >= different:
            break
    return texts
