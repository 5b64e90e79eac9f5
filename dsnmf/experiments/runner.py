"""Run the items of protocols on this machine or on a Dask cluster, and record the results."""

import contextlib
import json
import os
import platform
import sys
import time
import traceback
from functools import cache
from importlib.metadata import version
from pathlib import Path

from dsnmf.extras import extra
from dsnmf.files.atomic import replacing
from dsnmf.tasks.pool import outcomes
from dsnmf.tasks.records import Records, identity
from dsnmf.training.interruption import raise_interruption

_PACKAGES = ("dsnmf", "pytensor", "numpy", "scipy", "scikit-learn")


def versions():
    """{package: version} of the packages that the results depend on."""
    return {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()}


_load = cache(lambda load, *path: load(*path))  # once per process


def _dataset(protocol, data_file):
    return _load(protocol.load, *([data_file] if protocol.needs_file else []))


def run_item(item, protocol, data_file, cache_folder):
    """Run one item with one thread, in the current process.

    Parameters
    ----------
    item : dict
        An item of the protocol.
    protocol : Protocol
    data_file : str or None
        Path of the user's file, for protocols that need it.
    cache_folder : str
        Folder for results that items share. On other machines it may be another folder with this
        name.

    Returns
    -------
    dict
        The item's record; or the item with "failed", a line with the reason.
    """
    memory = extra("joblib", "the experiments").Memory(cache_folder, verbose=0)
    limits = extra("threadpoolctl", "the experiments").threadpool_limits
    start = time.perf_counter()
    try:
        # The number of threads changes the last bits of sums.
        with limits(1), raise_interruption():
            results = protocol.measure(_dataset(protocol, data_file), item, memory)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        line = " ".join(str(error).split())
        place = f"{Path(where.filename).name}:{where.lineno}"
        return {**item, "failed": f"{type(error).__name__}: {line} ({place})"}
    seconds = round(time.perf_counter() - start, 3)
    return {**item, "versions": versions(), "seconds": seconds, "results": results}


def _environment():
    pools = extra("threadpoolctl", "the experiments").threadpool_info()
    keys = ("internal_api", "version", "architecture")
    return {
        "versions": versions(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        "threads": 1,
        "libraries": sorted(
            ({key: str(pool[key]) for key in keys if pool.get(key)} for pool in pools), key=str
        ),
    }


def _note_command(path, command):
    """Add the command line to run.json."""
    commands = json.loads(path.read_text("utf-8"))["commands"] if path.exists() else []
    content = {"commands": [*commands, command], "environment": _environment()}
    with replacing(path) as file:
        json.dump(content, file, indent=1)


def _tasks(protocols, seeds, quick, methods, data_file, cache_folder):
    """Arguments of `run_item` for all items; raises if a data set is not available."""
    tasks = []
    for protocol in protocols:
        if protocol.needs_file and data_file is None:
            raise ValueError(f"{protocol.name} needs your file: --data-file PATH")
        for item in protocol.items(_dataset(protocol, data_file).name, seeds, quick):
            if methods is None or item["method"] in methods:
                tasks.append((item, protocol, data_file, cache_folder))
    return tasks


def _name(item):
    parameters = ", ".join(f"{key} {value}" for key, value in item["parameters"].items())
    parts = [item["experiment"], item["features"], item["method"], parameters]
    return ", ".join(filter(None, [*parts, f"seed {item['seed']}"]))


def run(
    protocols,
    out,
    *,
    seeds=5,
    quick=False,
    methods=None,
    jobs=1,
    dask=None,
    data_file=None,
    command="",
):
    """Run all items without a record in `out`.

    Each record is written as soon as it is ready, so a killed run loses only the items in progress;
    the same call continues from there.

    Parameters
    ----------
    protocols : sequence of Protocol
    out : str or path-like
        Folder, created if it does not exist, for results.jsonl (see `records`), run.json (command
        lines and environment) and cache (layers that several items share).
    seeds : int >= 1
        The seeds are 0, 1, …, seeds - 1.
    quick : bool
        Fewer numbers of components.
    methods : collection of str, optional
        Run only these methods.
    jobs : int >= 1
        Processes on this machine, with one thread each.
    dask : str, optional
        Address of the scheduler of a Dask cluster, which replaces these processes.
    data_file : str or path-like, optional
        The user's data set, for protocols that need it; at the same path on all machines.
    command : str
        Command line for run.json.

    Returns
    -------
    list of dict
        The items that failed, with "failed", a line with the reason.

    Raises
    ------
    OSError
        If data cannot be read, the folder is not writable, or the scheduler cannot be reached;
        ChildProcessError if one of our processes was killed.
    ValueError
        If a file is missing or invalid, or results.jsonl is damaged.
    ImportError
        If an extra is missing.
    KeyboardInterrupt
        On Ctrl-C, after the processes have ended.
    """
    tqdm = extra("tqdm.auto", "the experiments").tqdm
    out = Path(out).resolve()
    data_file = data_file and str(Path(data_file).resolve())
    tasks = _tasks(protocols, range(seeds), quick, methods, data_file, str(out / "cache"))
    out.mkdir(parents=True, exist_ok=True)
    failures = []
    with Records(out / "results.jsonl") as records:
        _note_command(out / "run.json", command)
        open_tasks = [task for task in tasks if identity(task[0]) not in records.known]
        done = len(tasks) - len(open_tasks)
        found = outcomes(run_item, open_tasks, jobs=jobs, dask=dask)
        bar = tqdm(total=len(tasks), initial=done, file=sys.stderr, unit="item")
        with contextlib.closing(found), bar:
            for outcome in found:
                if "failed" in outcome:
                    failures.append(outcome)
                    bar.write(f"failed: {_name(outcome)}: {outcome['failed']}", file=sys.stderr)
                else:
                    records.append(outcome)
                bar.set_postfix_str(_name(outcome), refresh=False)
                bar.update()
    return failures
