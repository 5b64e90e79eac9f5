"""Mistakes on the command line, and what was meant."""

import contextlib
import re
from difflib import get_close_matches
from itertools import takewhile

#: What other programs, and Python, call options.
_OTHER_NAMES = {
    "--components": "--layers",
    "--n-components": "--layers",
    "--n_components": "--layers",
    "--rank": "--layers",
    "--output": "--out",
    "--sep": "--separator",
    "--n-clusters": "--clusters",
    "--random-state": "--seed",
}


def _meant(word, options):
    """The option that a word stands for, None if none resembles it."""
    other = _OTHER_NAMES.get(word)
    if other in options:
        return other
    return next(iter(get_close_matches(word, options, 1)), None)


def check_words(parser, words):
    """End with an error that says what was meant, if a command's words have a usual mistake.

    That is an option that it does not have but for a letter or by another name, or the layers of a
    model with blanks between them.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's.
    words : sequence of str
    """
    actions = parser._option_string_actions
    options = [option for option in actions if option.startswith("--")]
    for place, word in enumerate(takewhile("--".__ne__, words)):
        name = word.partition("=")[0]
        if name.startswith("--") and not any(option.startswith(name) for option in options):
            meant = _meant(name, options)
            hint = f"; did you mean {meant}?" if meant else ""
            parser.error(f"unrecognized arguments: {name}{hint}")
        if name == "--layers" and name in actions and actions[name].nargs is None:
            sizes = [*takewhile(str.isdecimal, words[place + 1 :])]
            if len(sizes) > 1:
                parser.error(f"--layers: write {','.join(sizes)}, one model's layers")


@contextlib.contextmanager
def in_words_of_options(**options):
    """Errors that name a parameter by the option that sets it.

    Parameters
    ----------
    **options : str
        By the parameter.

    Examples
    --------
    >>> from dsnmf.commands.mistakes import in_words_of_options
    >>> with in_words_of_options(n_clusters="--clusters", criterion="--criterion"):
    ...     raise ValueError("criterion='clusters' needs n_clusters")
    Traceback (most recent call last):
    ValueError: --criterion clusters needs --clusters
    """
    try:
        yield
    except ValueError as error:
        text = str(error)
        for parameter, option in options.items():
            text = re.sub(rf"(?<![-\w]){parameter}=['\"]?(\w+)['\"]?", rf"{option} \1", text)
            text = re.sub(rf"(?<![-\w]){parameter}\b", option, text)
        if text == str(error):
            raise
        raise ValueError(text) from error
