"""Records survive a writer that was cut off."""

import json

import pytest

from dsnmf.tasks.records import Records, read


def record(seed):
    item = {"experiment": "e", "data": "d", "features": "pixels", "method": "Ψ", "seed": seed}
    return {**item, "parameters": {"n_components": 2}, "results": {"ac": 0.5}}


@pytest.mark.parametrize("tail", [b"", b'{"data": "d", "exp', b'{"data": 1}\n', b"\0\0\0\0"])
def test_a_last_line_that_was_cut_off_is_mended(tmp_path, tail):
    path = tmp_path / "results.jsonl"
    assert read(path) == []
    with Records(path) as records:
        records.append(record(0))
        records.append(record(1))
    intact = path.read_bytes()
    path.write_bytes(intact + tail)
    assert read(path) == [record(0), record(1)]
    with Records(path) as records:
        assert path.read_bytes() == intact
        assert len(records.known) == 2
        records.append(record(2))
        assert len(records.known) == 3
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [
        record(seed) for seed in range(3)
    ]


def test_a_damaged_file_stays_as_it_is(tmp_path):
    path = tmp_path / "results.jsonl"
    with Records(path) as records:
        records.append(record(0))
    damaged = path.read_bytes() + b"?\n" + path.read_bytes()
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match="line 2 is no record"):
        Records(path)
    assert path.read_bytes() == damaged


def test_one_writer_at_a_time(tmp_path):
    path = tmp_path / "results.jsonl"
    with Records(path) as records:
        with pytest.raises(BlockingIOError, match="another run is writing to"):
            Records(path)
        records.append(record(0))
        assert read(path) == [record(0)]
    path.write_bytes(b"?\n" + path.read_bytes())
    for _ in range(2):  # a failure holds no lock
        with pytest.raises(ValueError, match="line 1"):
            Records(path)
