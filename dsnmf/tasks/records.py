"""Results of tasks, one JSON object per line; a killed run loses no complete record."""

import json
import os
from pathlib import Path

from dsnmf.files.locks import lock

#: Keys that are equal in two records of the same item.
IDENTITY = ("experiment", "data", "features", "method", "parameters", "seed")


def identity(record):
    """A text that is equal for two records exactly if they are of the same item.

    Parameters
    ----------
    record : dict
        A record, or an item without results.

    Returns
    -------
    str

    Examples
    --------
    >>> from dsnmf.tasks.records import identity
    >>> item = dict(experiment="e", data="d", features="pixels", method="m", seed=0)
    >>> identity({**item, "parameters": {"b": 1, "a": 2}, "seconds": 3.0})
    '["e", "d", "pixels", "m", {"a": 2, "b": 1}, 0]'
    """
    return json.dumps([record[name] for name in IDENTITY], sort_keys=True, ensure_ascii=False)


def _parsed(line):
    """The record of a complete line, None for any other."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and record.keys() >= set(IDENTITY) else None


def _scan(path):
    """The records, and the total length of their lines in bytes."""
    lines = Path(path).read_bytes().splitlines(keepends=True) if Path(path).exists() else []
    found = [_parsed(line) for line in lines]
    if None in found[:-1]:
        number = found.index(None) + 1
        raise ValueError(f"{path}: line {number} is no record; move the file away or mend it")
    if found and found[-1] is None:
        del found[-1], lines[-1]
    return found, sum(map(len, lines))


def read(path):
    """All records of a file, without a last line that was cut off.

    Parameters
    ----------
    path : str or path-like
        It may be missing: then there are no records.

    Returns
    -------
    list of dict

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If a line other than the last one is no record.
    """
    return _scan(path)[0]


class Records:
    """A file of records to append to; a last line that was cut off is removed on opening.

    One process at a time may write, and holds a lock beside the file; leave with `close` or a with
    statement.

    Parameters
    ----------
    path : str or path-like
        Created if it is missing.

    Attributes
    ----------
    known : set of str
        `identity` of every record in the file.

    Raises
    ------
    OSError
        If the file cannot be read or written, BlockingIOError if another process holds it.
    ValueError
        If a line other than the last one is no record; the file stays as it was.
    ImportError
        If an extra is missing.
    """

    def __init__(self, path):
        self._lock = lock(path)
        try:
            records, length = _scan(path)
            self._file = open(path, "ab")  # noqa: SIM115 (`close` closes it)
        except BaseException:
            self._lock.release()
            raise
        self._file.truncate(length)
        self.known = {identity(record) for record in records}

    def append(self, record):
        """Add a record; it is on the disk when this returns."""
        line = json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.known.add(identity(record))

    def close(self):
        self._file.close()
        self._lock.release()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
