"""The command `dsnmf reproduce`, and its runner in this process."""

import dataclasses
import json

import numpy as np
import pytest

from dsnmf.commands.main import main
from dsnmf.datasets import Dataset
from dsnmf.experiments import protocols, runner
from dsnmf.experiments.kinds import Clustering, Entry
from dsnmf.experiments.protocols import PROTOCOLS
from dsnmf.tasks import records


@dataclasses.dataclass(frozen=True)
class Failing(Clustering):
    """Fails for one seed."""

    def measure(self, dataset, item, memory):
        if item["seed"] == 1:
            raise ValueError("no\nluck")
        return super().measure(dataset, item, memory)


def tiny():
    data = np.eye(6, dtype=np.float32)
    return Dataset("tiny", data, np.arange(6) // 3, ("a", "b"), None, "")


@pytest.fixture
def protocol(monkeypatch):
    protocol = Failing("e", "", tiny, entries=(Entry("PCA"), Entry("raw", counted=False)))
    monkeypatch.setitem(protocols.PROTOCOLS, "e", dataclasses.replace(protocol, counts=(2, 3)))


def test_one_failure_does_not_stop_the_others(protocol, tmp_path, capsys, monkeypatch):
    words = ["reproduce", "e", "--seeds", "3", "--jobs", "1", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as exit:
        main(words)
    assert exit.value.code == 1
    out, err = capsys.readouterr()
    assert "failed: e, pixels, PCA, n_components 2, seed 1: ValueError: no luck" in err
    assert "3 items failed" in err
    assert "results.jsonl" in out
    found = records.read(tmp_path / "out" / "results.jsonl")
    assert len(found) == 6
    assert found[0]["data"] == "tiny"
    assert found[0]["results"].keys() == {"error", "ac", "nmi"}
    assert found[0]["versions"]["dsnmf"]

    done = []
    monkeypatch.setattr(
        runner, "run_item", lambda *task: done.append(task) or {**task[0], "failed": ""}
    )
    with pytest.raises(SystemExit):
        main(words)
    assert [task[0]["seed"] for task in done] == [1, 1, 1]
    assert main([*words, "--methods", "raw", "--seeds", "1"]) == 0
    assert len(done) == 3
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert len(run["commands"]) == 3
    assert run["environment"]["versions"] == found[0]["versions"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "unknown experiment 'nothing'; known are icml2014-pie"),
        (["icml2014-xm2vts"], "icml2014-xm2vts needs your file: --data-file PATH"),
        (["icml2014-xm2vts", "--data-file", "missing.mat"], "missing.mat"),
        (["notebook", "--methods", "raw,magic"], "unknown method 'magic'; known are Deep"),
    ],
)
def test_user_errors_take_one_line(words, message, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["reproduce", *words, "--out", str(out)]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_a_second_run_leaves_the_folder_alone(protocol, tmp_path, capsys):
    with records.Records(tmp_path / "results.jsonl"):
        assert main(["reproduce", "e", "--out", str(tmp_path)]) == 2
    assert "another run is writing to" in capsys.readouterr().err
    assert not (tmp_path / "run.json").exists()


def test_help_names_every_experiment(capsys):
    with pytest.raises(SystemExit):
        main(["reproduce", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for protocol in PROTOCOLS.values():
        assert protocol.name + "*" * protocol.needs_file in text
