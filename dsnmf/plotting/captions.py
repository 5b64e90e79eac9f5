"""Names of classes, attributes and models in figures."""

from textwrap import fill

#: Name of samples with an unknown label.
NO_LABEL = "no label"

#: Properties of a text that is drawn unchanged, with any dollars and underscores.
LITERAL = {"usetex": False, "parse_math": False}

#: Most letters of a name in one line.
LETTERS = 24


def _shorten(name, letters):
    if len(name) <= letters:
        return name
    end = (letters - 1) // 2
    return f"{name[: letters - 1 - end]}…{name[-end:]}"


def shorten(names, letters=LETTERS):
    """Shorten names to one line: long ones lose their middle, but stay different.

    Parameters
    ----------
    names : sequence of object
    letters : int
        Most letters of a name; more if names would otherwise be equal.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from dsnmf.plotting.captions import shorten
    >>> shorten(["a name that is rather long", "short", ""], letters=9)
    ['a na…long', 'short', "''"]
    """
    whole = [" ".join(str(name).split()) or repr(str(name)) for name in names]
    while True:
        texts = [_shorten(name, letters) for name in whole]
        if len(set(texts)) == len(set(whole)):
            return texts
        letters += 8


def wrap_names(names):
    """Shorten names to twice the letters of `shorten`, and wrap them into short lines.

    Examples
    --------
    >>> from dsnmf.plotting.captions import wrap_names
    >>> wrap_names(["oestrogen-receptor positive, grade two"])
    ['oestrogen-receptor\\npositive, grade two']
    """
    return [fill(name, LETTERS) for name in shorten(names, 2 * LETTERS)]


def width(texts, size):
    """Approximate width of the longest line of some texts, in inches, at a font size in points."""
    lines = [line for text in texts for line in text.split("\n")]
    return 0.6 * size / 72 * max(map(len, lines), default=0)


def as_names(names, count, what):
    """A list of names, or None; ValueError if their number is wrong."""
    if names is None:
        return None
    if isinstance(names, str) or len(names) != count:
        raise ValueError(f"{what} must hold {count} names, got {names!r}"[:200])
    return [*map(str, names)]
