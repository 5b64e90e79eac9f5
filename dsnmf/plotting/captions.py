"""Names of classes, attributes and models as they stand in figures."""

from textwrap import fill

#: Of samples whose label is unknown.
NO_LABEL = "no label"

#: Properties of a text that is taken as it is, whatever dollars and underscores are in it.
LITERAL = {"usetex": False, "parse_math": False}

#: Letters of a name in one line.
LETTERS = 24


def _shortened(name, letters):
    if len(name) <= letters:
        return name
    end = (letters - 1) // 2
    return f"{name[: letters - 1 - end]}…{name[-end:]}"


def shortened(names, letters=LETTERS):
    """Names in one line, long ones without their middle, as far as they stay different.

    Parameters
    ----------
    names : sequence of object
    letters : int
        The length of a name, or more where that takes in what tells them apart.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from dsnmf.plotting.captions import shortened
    >>> shortened(["a name that is rather long", "short", ""], letters=9)
    ['a na…long', 'short', "''"]
    """
    whole = [" ".join(str(name).split()) or repr(str(name)) for name in names]
    while True:
        texts = [_shortened(name, letters) for name in whole]
        if len(set(texts)) == len(set(whole)):
            return texts
        letters += 8


def wrapped(names):
    """Names as from `shortened`, in lines of few letters, twice as many at first in all.

    Examples
    --------
    >>> from dsnmf.plotting.captions import wrapped
    >>> wrapped(["oestrogen-receptor positive, grade two"])
    ['oestrogen-receptor\\npositive, grade two']
    """
    return [fill(name, LETTERS) for name in shortened(names, 2 * LETTERS)]


def width(texts, size):
    """About how wide the longest line of some texts is, in inches, at a font size in points."""
    lines = [line for text in texts for line in text.split("\n")]
    return 0.6 * size / 72 * max(map(len, lines), default=0)


def as_names(names, count, what):
    """A list of as many names, or None; ValueError if they are not as many."""
    if names is None:
        return None
    if isinstance(names, str) or len(names) != count:
        raise ValueError(f"{what} must hold {count} names, got {names!r}"[:200])
    return [*map(str, names)]
