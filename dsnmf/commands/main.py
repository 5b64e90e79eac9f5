"""The command line: `dsnmf COMMAND …`, also as `python -m dsnmf COMMAND …`."""

import argparse
import errno
import os
import sys
import warnings
from pathlib import Path

from dsnmf._version import __version__
from dsnmf.commands import (
    cluster,
    components,
    consensus,
    datasets,
    demo,
    fill,
    fit,
    guide,
    mistakes,
    plot,
    predict,
    report,
    reproduce,
    score,
    select,
    show,
    transform,
)
from dsnmf.files.output import tolerate_missing_letters
from dsnmf.training.interruption import raise_interruption

#: Errors whose message is enough for a user; for other errors, their type is printed too.
_USER_ERRORS = (OSError, ImportError, ValueError, TypeError, FloatingPointError, MemoryError)

#: All commands, in the order of the help.
COMMANDS = (
    guide,
    datasets,
    fit,
    select,
    consensus,
    show,
    plot,
    transform,
    components,
    fill,
    score,
    cluster,
    predict,
    demo,
    reproduce,
    report,
)


class _Parser(argparse.ArgumentParser):
    """A parser that prints its errors in one line, like all other errors."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def _parser():
    parser = _Parser(prog="dsnmf", description="Deep Semi-NMF and Deep WSF.")
    parser.add_argument("--version", action="version", version=f"dsnmf {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser, commands.choices


def _parse(argv):
    """The arguments; of one that no option takes, the error names the command's own help."""
    parser, commands = _parser()
    if argv and argv[0] in commands:
        mistakes.check_words(commands[argv[0]], argv[1:])
    parsed, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.prog = " ".join(["dsnmf", *(word for word in argv[:1] if word[0] != "-")])
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return parsed


def _one_line(error):
    if isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.filename}: {error.strerror}"
        if ".pytensor" in Path(error.filename).parts:  # the home folder is not writable
            text += (
                "; PYTENSOR_FLAGS=base_compiledir=FOLDER names another folder for PyTensor's files"
            )
        return text
    message = " ".join(str(error).split())
    if isinstance(error, _USER_ERRORS) and message:
        return message
    return f"{type(error).__name__}: {message}".rstrip(": ")


def _warnings_shown_once():
    """What prints warnings: a file that is read twice is warned of once."""
    shown = set()

    def show(message, *args, **kwargs):
        if str(message) not in shown:
            print(f"dsnmf: warning: {message}", file=sys.stderr)
        shown.add(str(message))

    return show


def _nobody_reads(error):
    """True if the reader of the output, e.g. head, has closed it; on Windows this is EINVAL."""
    if not isinstance(error, OSError) or error.errno != errno.EINVAL:
        return isinstance(error, BrokenPipeError)
    try:
        print(flush=True)  # the unwritten text may be lost by now: test with a new line
    except OSError:
        return True
    return False


def _run(arguments):
    """Run the command and flush its output; returns the exit code."""
    try:
        with raise_interruption():
            arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("dsnmf: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if _nobody_reads(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141
        print(f"dsnmf: error: {_one_line(error)}", file=sys.stderr)
        return 2
    return 0


def main(argv=None):
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The command's words; by default those of the program's call.

    Returns
    -------
    int
        Exit code: 0; 2 after an error, which one line on stderr explains; 130 after Ctrl-C; 141 if
        the reader of the output has closed it.

    Raises
    ------
    SystemExit
        With 2 if argv is invalid, with 0 after --help and --version.
    """
    tolerate_missing_letters()
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    with warnings.catch_warnings():
        warnings.showwarning = _warnings_shown_once()
        return _run(arguments)
