"""Runs a function on many items, in local processes or on a Dask cluster."""

import concurrent.futures
import importlib
import pickle
import signal
from functools import partial

from dsnmf.extras import extra


def _in_worker(function, *arguments):
    """Call the function in a process that ignores Ctrl-C, which the starting process handles."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return function(*arguments)


def _run_here(function, tasks, shared, jobs):
    joblib = extra("joblib", "tasks side by side")
    if jobs > 1:  # with 1, tasks run in this process
        function = partial(_in_worker, function)
    calls = (joblib.delayed(function)(*task, *shared) for task in tasks)
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        pool = joblib.Parallel(jobs, return_as="generator_unordered", batch_size=1)
        try:
            yield from pool(calls)
        except concurrent.futures.BrokenExecutor as error:
            raise ChildProcessError(
                "a worker was killed, perhaps for want of memory; the same command, with fewer "
                "jobs, goes on from here"
            ) from error
        except pickle.PicklingError as error:
            raise TypeError(
                "jobs > 1 sends arguments to other processes, but one of them cannot be sent, as "
                "locks and open files cannot: give jobs=1"
            ) from error
        except BaseException:
            if jobs > 1:
                loky = importlib.import_module("joblib.externals.loky")
                loky.get_reusable_executor().shutdown(wait=True, kill_workers=True)
            raise


def _run_there(function, tasks, shared, address):
    distributed = extra("distributed", "a Dask cluster", "distributed")
    with distributed.Client(address, set_as_default=False) as client:
        if any(threads > 1 for threads in client.nthreads().values()):
            raise ValueError(
                f"the workers of {address} must have one thread each: dask worker --nthreads 1"
            )
        sent = [client.scatter(argument, broadcast=True) for argument in shared]
        futures = {client.submit(function, *task, *sent, pure=False): task[0] for task in tasks}
        for future in distributed.as_completed(futures, loop=client.loop):
            try:
                yield future.result()
            except Exception as error:  # too many workers died of it
                yield {**futures[future], "failed": " ".join(f"{error}".split())}
            future.release()


def outcomes(function, tasks, shared=(), *, jobs=1, dask=None):
    """Yield the results of function(*task, *shared) for every task, as they are ready.

    Parameters
    ----------
    function : callable
        Defined in a module, so that other processes can import it; returns a dict.
    tasks : sequence of tuple
        The first argument of each is the item, a dict.
    shared : tuple
        Arguments of all tasks, sent once to the machines of a cluster.
    jobs : int >= 1
        Processes on this machine, of one thread each; 1 uses this process.
    dask : str, optional
        Address of the scheduler of a Dask cluster, to be used instead of processes. It gives the
        tasks of a lost worker to others.

    Yields
    ------
    dict
        The function's result. If too many workers of a cluster died of a task, its item with
        "failed", the reason in one line.

    Raises
    ------
    OSError
        If the scheduler is not reached; ChildProcessError if a process of ours was killed.
    TypeError
        If an argument cannot be sent to another process.
    ValueError
        If workers of the cluster have several threads.
    ImportError
        If joblib or distributed is missing.
    """
    if dask is not None:
        return _run_there(function, tasks, shared, dask)
    return _run_here(function, tasks, shared, jobs)
