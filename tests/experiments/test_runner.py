"""The runner: what is skipped, what survives, and that the way it runs changes no result."""

import json
import os
import runpy
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import dsnmf
from dsnmf.tasks import records

#: A tiny protocol of a script, so that worker processes get it too.
SCRIPT = textwrap.dedent("""
    import os, signal, sys, time
    from pathlib import Path

    import numpy as np

    from dsnmf.datasets import Dataset, unit_norm
    from dsnmf.experiments import runner
    from dsnmf.experiments.kinds import Clustering, Entry

    class Slow(Clustering):
        def measure(self, dataset, item, memory):
            time.sleep(0.1)
            return super().measure(dataset, item, memory)

    def tiny():
        rng = np.random.default_rng(0)
        target = np.repeat(np.arange(3), 10)
        data = (rng.random((3, 300))[target] + rng.random((30, 300))).astype(np.float32)
        return Dataset("tiny", unit_norm(data), target, ("a", "b", "c"), None, "")

    entries = Entry("NMF (CD)"), Entry("PCA"), Entry("raw", counted=False), Entry("best rank k")
    protocol = Slow("e", "", tiny, entries=entries, counts=(2, 3, 4))
""")

RUN = textwrap.dedent("""
    if __name__ == "__main__":
        sys.exit(bool(runner.run([protocol], sys.argv[1], seeds=2, jobs=int(sys.argv[2]))))
""")

ITEMS = 3 * 3 * 2 + 2


def start(folder, code, *words):
    script = folder / "script.py"
    script.write_text(SCRIPT + code)
    environment = os.environ | {"PYTHONPATH": str(Path(dsnmf.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, str(script), *map(str, words)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process):
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def results(out):
    """The records without their seconds, sorted."""
    found = records.read(out / "results.jsonl")
    return sorted(
        json.dumps({name: record[name] for name in record if name != "seconds"}, sort_keys=True)
        for record in found
    )


def wait_for_lines(path, count):
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        time.sleep(0.02)


def run_here(folder, code, monkeypatch):
    """The script's protocol by one job, which is this process."""
    (folder / "script.py").write_text(SCRIPT + code)
    monkeypatch.setattr(sys, "argv", ["script.py", str(folder / "out")])
    script = runpy.run_path(str(folder / "script.py"))
    return script["runner"].run([script["protocol"]], folder / "out", seeds=2)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    with pytest.MonkeyPatch.context() as patch:
        assert run_here(folder, "", patch) == []
    found = results(folder / "out")
    assert len(found) == ITEMS
    return found


def test_a_killed_run_goes_on(tmp_path, uninterrupted):
    out = tmp_path / "out"
    process = start(tmp_path, RUN, out, 2)
    wait_for_lines(out / "results.jsonl", 3)
    process.kill()
    process.wait()
    lines = (out / "results.jsonl").read_bytes().splitlines(keepends=True)
    assert 3 <= len(lines) < ITEMS
    (out / "results.jsonl").write_bytes(b"".join(lines) + lines[0][:40])
    code, err = finish(start(tmp_path, RUN, out, 2))
    assert code == 0, err
    assert f"{ITEMS}/{ITEMS}" in err
    assert (out / "results.jsonl").read_bytes().splitlines(keepends=True)[: len(lines)] == lines
    assert results(out) == uninterrupted
    assert len(json.loads((out / "run.json").read_text())["commands"]) == 2


def test_ctrl_c_ends_the_workers(tmp_path):
    code = """
        if __name__ == "__main__":
            try:
                runner.run([protocol], sys.argv[1], seeds=50, jobs=2)
            except KeyboardInterrupt:
                sys.exit(130)
    """
    process = start(tmp_path, textwrap.dedent(code), tmp_path / "out")
    wait_for_lines(tmp_path / "out" / "results.jsonl", 3)
    os.killpg(process.pid, signal.SIGINT)
    code, err = finish(process)
    assert code == 130, err
    assert "Traceback" not in err
    for _ in range(100):  # the processes have ended, or are about to
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("workers are left")


DEADLY = textwrap.dedent("""
    class Deadly(Slow):
        def measure(self, dataset, item, memory):
            dead = Path(sys.argv[1], "dead")
            if item["parameters"].get("n_components") == 3 and not dead.exists():
                dead.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().measure(dataset, item, memory)

    protocol = Deadly("e", "", tiny, entries=entries, counts=(2, 3, 4))
""")


def test_a_lost_worker_is_an_error_and_the_next_run_goes_on(tmp_path, uninterrupted, monkeypatch):
    out = tmp_path / "out"
    code, err = finish(start(tmp_path, DEADLY + RUN, out, 2))
    assert code == 1
    assert "ChildProcessError: a worker was killed" in err
    assert 0 < len(results(out)) < ITEMS
    assert run_here(tmp_path, DEADLY, monkeypatch) == []
    assert results(out) == uninterrupted


def test_a_lost_dask_worker_is_replaced(tmp_path, uninterrupted):
    pytest.importorskip("distributed")
    code = """
        if __name__ == "__main__":
            from distributed import LocalCluster

            with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
                address = cluster.scheduler_address
                assert not runner.run([protocol], sys.argv[1], seeds=2, dask=address)
    """
    out = tmp_path / "out"
    code, err = finish(start(tmp_path, DEADLY + textwrap.dedent(code), out))
    assert code == 0, err
    assert (out / "dead").exists()
    assert results(out) == uninterrupted
