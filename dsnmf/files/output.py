"""Printed text, in whatever encoding it leaves."""

import io
import sys


def tolerate_missing_letters():
    """Have a program's output show "?" for a letter that its encoding lacks, rather than fail.

    Into files and pipes Windows writes in encodings of some 250 letters.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
