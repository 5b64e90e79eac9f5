"""`dsnmf datasets`: which data sets are here, and how to get the others."""

from dsnmf.commands import arguments

#: Files of the sets that need one.
_FILES = {
    "pie": "PIE_pose27.mat",
    "stickfigures": "stickfigures.data",
    "nrletters": "nrLetters.data",
    "cmu_faces": "faces_4.tar.gz",
}

_OTHERS = """
Your own data: a .npy, .npz, .csv or .mat file in the place of a name. The licensed sets of the
papers are read from your files: load_xm2vts and load_multi_pie of dsnmf.datasets."""


def _folders():
    """Where files are looked for: the folder that DSNMF_DATA names, and the cache."""
    import os
    from pathlib import Path

    from dsnmf.extras import extra

    own = os.environ.get("DSNMF_DATA")
    cache = extra("pooch", "dsnmf datasets").os_cache("dsnmf")
    return [Path(own), cache] if own else [cache]


def _line(name, samples, features, labels):
    return f"{name:16}{samples:>9}{features:>10}  {labels}"


def _described(name):
    """The line of a set that is here."""
    from dsnmf import datasets

    try:
        dataset = datasets.load(name)
    except (OSError, ValueError) as error:
        return _line(name, "-", "-", f"unreadable: {error}")
    names = dataset.target_names
    labels = f"{len(names)} classes" if dataset.target.ndim == 1 else ", ".join(names)
    return _line(name, *dataset.data.shape, labels)


def _run(parsed):
    from dsnmf import datasets
    from dsnmf.datasets.download import SOURCES

    folders = _folders()
    absent = {
        name: filename
        for name, filename in _FILES.items()
        if not any((folder / filename).is_file() for folder in folders)
    }
    print(_line("name", "samples", "features", "labels"))
    for name in datasets.LOADERS:
        print(_line(name, "-", "-", "not here") if name in absent else _described(name), flush=True)
    for name, filename in absent.items():
        url, _ = SOURCES[filename]
        print(f"\n{name} is downloaded when it is first used; or put\n  {url}\ninto {folders[0]}")
    print(_OTHERS)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "datasets",
        "list the data sets, and how to get those that are not here",
        "Files are looked for in the folder that the environment variable DSNMF_DATA names, then "
        "in the user's cache.",
        ["dsnmf datasets", "DSNMF_DATA=faces dsnmf datasets"],
    )
    parser.set_defaults(run=_run)
