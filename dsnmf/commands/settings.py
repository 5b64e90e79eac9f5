"""Parameters of estimators by name: `--set NAME=VALUE`."""

import argparse
import ast

#: Words that stand for Python's constants.
_WORDS = {"none": None, "true": True, "false": False}

#: Parameters with an option of their own, or without plain values (None).
_OTHERS = {
    "layers": "--layers",
    "n_components": "--layers",
    "random_state": "--seed",
    "store": "--store",
    "checkpoint": "--checkpoint",
    "block_size": "--block-size",
    "verbose": "--quiet",
    "callback": None,
    "warm_start": None,
}


def setting(text):
    """(name, value) from NAME=VALUE; the value is a Python literal, None, a bool or a text."""
    name, equals, value = text.partition("=")
    if not (equals and name.strip().isidentifier()):
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, e.g. tol=1e-6, got {text!r}")
    word = value.strip()
    if word.lower() in _WORDS:
        return name.strip(), _WORDS[word.lower()]
    try:
        return name.strip(), ast.literal_eval(word)
    except (ValueError, SyntaxError):
        return name.strip(), word


def add_set(parser, examples):
    """Add the option --set."""
    parser.add_argument(
        "--set",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"any other parameter of the model, e.g. {examples}; may be repeated",
    )


def settable(estimator):
    """Names of the parameters that --set takes."""
    return [name for name in estimator.get_params() if name not in _OTHERS]


def apply(estimator, given, names=None):
    """Set parameters by name; the estimator checks them.

    Parameters
    ----------
    estimator : estimator
    given : list of (str, value)
    names : sequence of str, optional
        Parameters that may be set; by default all without an option of their own.

    Raises
    ------
    ValueError
        If a name is none of these or comes twice, or a value is not allowed; the message lists what
        is allowed.
    """
    names = settable(estimator) if names is None else names
    seen = set()
    for name, value in given:
        if name not in names:
            if _OTHERS.get(name):
                raise ValueError(f"--set {name}: use the option {_OTHERS[name]}")
            kind = type(estimator).__name__
            raise ValueError(f"--set {name}: {kind} has {', '.join(names)} to set")
        if name in seen:
            raise ValueError(f"--set {name} is given twice")
        seen.add(name)
        estimator.set_params(**{name: value})
    estimator._validate_params()
