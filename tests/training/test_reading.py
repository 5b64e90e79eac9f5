"""What is counted and shown of passes over data in blocks."""

import io

import numpy as np
import pytest
import tqdm.auto

from dsnmf import DeepSemiNMF, SemiNMF
from dsnmf.data.sample_blocks import Blocks
from dsnmf.data.sources import Source
from dsnmf.training import loop

X = np.random.default_rng(0).random((50, 3)) @ np.eye(3, 8)
PASS = X.astype("float32").nbytes


class Stream:
    """Rows of X as they might come from a disk, counted."""

    shape, dtype = X.shape, np.dtype("float32")

    def __init__(self):
        self.size = 0

    def __getitem__(self, samples):
        rows = X[samples].astype(self.dtype)
        self.size += rows.nbytes
        return rows


@pytest.fixture
def bars(monkeypatch):
    """All bars that are shown."""
    made = []

    class Recorded(tqdm.std.tqdm):
        def __init__(self, **options):
            super().__init__(file=io.StringIO(), **options)
            made.append(self)

    monkeypatch.setattr(tqdm.auto, "tqdm", Recorded)
    monkeypatch.setattr(loop, "is_watched", lambda: True)
    return made


def test_logs_have_no_line_that_is_to_vanish(bars, monkeypatch):
    monkeypatch.setattr(loop, "is_watched", lambda: False)
    SemiNMF(2, max_iter=2, tol=0, verbose=1, mode="FAST_COMPILE").fit(X)
    assert [bar.desc for bar in bars if "first iteration" in bar.desc] == []
    assert bars


@pytest.mark.parametrize(
    ("model", "stages", "of_iterations"),
    [
        (SemiNMF(2, compress=False), ["scale and Gram matrix", "start"], PASS),
        (SemiNMF(2, compress=3), ["scale and Gram matrix", "compression", "start"], PASS * 3 // 8),
        (DeepSemiNMF((2,), compress=False), ["scale and Gram matrix", "start"], PASS),
    ],
)
def test_bytes_are_passes_times_size(model, stages, of_iterations, bars):
    stream = Stream()
    options = {"mode": "FAST_COMPILE", "max_iter": 4, "tol": 0, "block_size": 7, "verbose": True}
    model.set_params(**options).fit(stream)
    first, of_fit = (bar for bar in bars if bar.unit == "it")
    assert first.desc.endswith("first iteration (compiling, once per machine)")
    passes = [bar for bar in bars if bar.unit == "B"]
    named = [bar.desc.rstrip(": ") for bar in passes if not bar.desc.startswith("this pass")]
    assert named == [*stages, "error"]
    assert all(bar.n == bar.total for bar in [of_fit, *passes])
    assert sum(bar.total for bar in passes if bar.total == PASS) == stream.size
    assert {bar.total for bar in passes if bar.desc.startswith("this pass")} == {of_iterations}
    read = sum(bar.total for bar in passes[:-1])
    assert of_fit.total == 4
    assert of_fit.postfix.endswith(f"passes={len(passes) - 1}, read={read / 1e9:.4g} GB")


def test_a_pass_that_is_broken_off_does_not_count():
    blocks = Blocks(Source(Stream()), block_size=10)
    assert blocks.scale > 0
    for number, _ in enumerate(blocks):
        if number == 2:
            break
    assert (blocks.reading.passes, blocks.reading.size) == (1, PASS + 2 * PASS // 5)
