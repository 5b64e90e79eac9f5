"""The notebook: committed as executed on PIE, and running from top to bottom on digits.

On PIE the same training is tested by tests/test_pie.py.
"""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PATH = ROOT / "Deep Semi-NMF.ipynb"


def outputs_of(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def table_of(notebook):
    """{features: (NMI, AC)}, in percent, from the table at the end."""
    table = outputs_of(notebook)[-1]["data"]["text/markdown"]
    rows = re.findall(r"^\| (.+?) \| ([\d.]+) ± [\d.]+ \| ([\d.]+) ± ", table, re.MULTILINE)
    return {name: (float(nmi), float(accuracy)) for name, nmi, accuracy in rows}


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(PATH, as_version=4)


def test_is_committed_executed(committed):
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert committed.metadata.kernelspec.name == "python3"
    types = {output.output_type for output in outputs_of(committed)}
    assert types <= {"stream", "display_data", "execute_result"}
    assert {output.name for output in outputs_of(committed) if "name" in output} == {"stdout"}
    pictures = [output for output in outputs_of(committed) if "image/png" in output.get("data", {})]
    assert len(pictures) == 4


def test_reaches_the_originals_result_on_pie(committed):
    assert "CMU PIE" in outputs_of(committed)[0]["text"]
    nmi, accuracy = table_of(committed)["Deep Semi-NMF, Adam"]
    assert nmi >= 97.6
    assert accuracy >= 91


def test_is_small_and_names_no_machine(committed):
    text = PATH.read_text(encoding="utf-8")
    assert len(text) < 600_000
    for output in outputs_of(committed):
        output.get("data", {}).pop("image/png", None)
    assert not re.search(r"/(home|root|work|tmp|Users|usr|opt)/", nbformat.writes(committed))


WITHOUT_PIE = """
from functools import partial

from sklearn import manifold

from dsnmf import datasets


def load_pie():
    raise OSError("left out, because its cells run for minutes.")


datasets.load_pie = load_pie
manifold.TSNE = partial(manifold.TSNE, max_iter=250)  # of a picture, in which nothing is looked at
"""


def test_runs_from_top_to_bottom(committed):
    notebook = nbformat.read(PATH, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(WITHOUT_PIE))
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=None, kernel_name="python3", resources=resources).execute()
    assert "digits instead. left out" in outputs_of(notebook)[0]["text"]
    rerun = table_of(notebook)
    assert list(rerun) == list(table_of(committed))
    nmi, accuracy = rerun["Deep Semi-NMF, Adam"]
    assert nmi >= 68
    assert accuracy >= 68
