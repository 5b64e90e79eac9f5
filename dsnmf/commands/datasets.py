"""`dsnmf datasets`: the data sets, and how to get the missing ones."""

from dsnmf.commands import arguments

_OTHERS = f"""
Your own data: a {arguments.FORMATS} file instead of a name.
The licensed sets of the papers are read from your files: load_xm2vts and load_multi_pie of
dsnmf.datasets."""


def _line(name, samples, features, labels):
    return f"{name:16}{samples:>9}{features:>10}  {labels}"


def _describe(name):
    """The line of a data set on this machine."""
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
    from dsnmf.datasets.download import FILES, SOURCES, folders

    places = folders()
    absent = {
        name: filename
        for name, filename in FILES.items()
        if not any((folder / filename).is_file() for folder in places)
    }
    print(_line("name", "samples", "features", "labels"))
    for name in datasets.LOADERS:
        print(_line(name, "-", "-", "not here") if name in absent else _describe(name), flush=True)
    for name, filename in absent.items():
        url, _ = SOURCES[filename]
        print(f"\n{name} is downloaded when it is first used; or put\n  {url}\ninto {places[0]}")
    print(_OTHERS)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "datasets",
        "list the data sets, and how to get the missing ones",
        "Files are searched in the folder of the environment variable DSNMF_DATA, then in the "
        "user's cache.",
        ["dsnmf datasets", "DSNMF_DATA=faces dsnmf datasets"],
    )
    parser.set_defaults(run=_run)
