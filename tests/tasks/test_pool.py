"""What other processes are given."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

from dsnmf.experiments.protocols import PROTOCOLS
from dsnmf.experiments.runner import run_item
from dsnmf.selection.preference import _measure


def test_functions_and_experiments_are_found_by_processes_that_share_nothing():
    sent = pickle.dumps((run_item, _measure, list(PROTOCOLS.values())))
    # As all processes start on macOS and Windows.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        *functions, protocols = pool.submit(pickle.loads, sent).result()
    assert functions == [run_item, _measure]
    assert protocols == list(PROTOCOLS.values())
