"""Memory is kept while training and given back after it."""

import subprocess
import sys

import pytest

from dsnmf.training import memory

SCRIPT = """
import resource, threading
import numpy as np
from pathlib import Path
from dsnmf.training.memory import freed_memory_kept

def resident():
    line = next(l for l in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in l)
    return int(line.split()[1]) / 1024

def used_and_freed():
    arrays = [np.ones(1 << 20) for _ in range(40)]  # 320 MiB
    del arrays

def page_faults():
    array = np.ones(1 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        array = 2 * array
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def interrupted():
    with freed_memory_kept():
        entered.set()
        leave.wait()
        raise KeyboardInterrupt

entered, leave = threading.Event(), threading.Event()
threading.excepthook = lambda arguments: None
thread = threading.Thread(target=interrupted)
before = resident()
with freed_memory_kept():
    thread.start()
    entered.wait()
    with freed_memory_kept():
        used_and_freed()
used_and_freed()
kept = resident()
leave.set()
thread.join()
after = resident()
used_and_freed()
print(kept - before, after - before, resident() - before, page_faults())
"""


@pytest.mark.skipif(memory._glibc() is None, reason="not glibc")
def test_freed_memory_is_kept_within_and_given_back_after():
    printed = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True).stdout
    kept, after, later, page_faults = map(float, printed.split())
    assert kept > 300  # while any thread is within
    assert max(after, later) < 20
    assert page_faults < 4100  # of two arrays of 8 MiB, not of all ten


def test_elsewhere_nothing_is_done(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with memory.freed_memory_kept():
        assert memory._holders == 0
