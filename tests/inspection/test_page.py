"""The page of a model: whole by itself, and as a browser shows it."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dsnmf import DeepSemiNMF, SemiNMF
from dsnmf.commands.main import main
from dsnmf.inspection import write_page

RNG = np.random.default_rng(0)
X = RNG.random((60, 3)) @ RNG.standard_normal((3, 12))
LABELS = np.where(np.arange(60) % 7, np.array(["<a>", "b & c", "d"])[np.arange(60) % 3], "-1")
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

#: A page that shows another one in a frame, as a window is never narrower than 500 pixels, and says
#: in its title what came of that.
OUTER = """<!DOCTYPE html><title>-</title><iframe style="border:0;width:WIDTHpx;height:900px">
</iframe><script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument, images = [...page.images];
  const texts = [...page.querySelectorAll("p, td, dd, th")];
  document.title = JSON.stringify({
    loaded: images.filter(i => i.complete && i.naturalWidth > 0).length, images: images.length,
    inner: frame.contentWindow.innerWidth, scroll: page.documentElement.scrollWidth,
    small: Math.min(...texts.map(e => parseFloat(getComputedStyle(e).fontSize))),
    right: Math.max(...images.map(i => i.getBoundingClientRect().right)),
  });
};
frame.srcdoc = PAGE;
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "model.html"
    frame = pd.DataFrame(X, columns=[f"<{name}> & co" for name in "abcdefghijkl"])
    model = DeepSemiNMF((4, 2), solver="multiplicative").fit(frame)
    model._record |= {"command": "dsnmf fit <table>.csv --layers " + "4,2," * 40, "source": "a&b"}
    write_page(model, path, labels=LABELS, names=[f"sample-{i}" for i in range(60)])
    return path


class Reader(HTMLParser):
    """Tags that are open, headings, and addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.headings, self.addresses = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "link", "img", "source"):
            self.open.append(tag)
        self.addresses += [v for k, v in attrs if k in ("src", "srcset", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def test_it_is_whole_by_itself(page):
    text, reader = page.read_text("utf-8"), Reader()
    reader.feed(text)
    assert reader.open == []
    assert reader.headings == [
        "DeepSemiNMF of a&b",
        "Components",
        "Components in numbers",
        "Explained variance",
        "Samples",
        "Attributes in each layer",
        "Cost",
    ]
    assert len(reader.addresses) == 11
    assert all(address.startswith("data:") for address in reader.addresses)
    assert "http" not in re.sub(r"data:[^']*", "", text)
    assert "dsnmf fit &lt;table&gt;.csv" in text


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
@pytest.mark.parametrize("width", [1280, 400])
def test_a_browser_shows_it(width, page, tmp_path):
    outer = tmp_path / "outer.html"
    inner = json.dumps(page.read_text("utf-8")).replace("</", r"<\/")
    outer.write_text(OUTER.replace("WIDTH", str(width)).replace("PAGE", inner), "utf-8")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--dump-dom"]
    words += [f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,900"]
    words += ["--enable-logging=stderr", "--virtual-time-budget=9000", outer.as_uri()]
    ran = subprocess.run([BROWSER, *words], capture_output=True, text=True, timeout=120)
    title = re.search(r"<title>(.*?)</title>", ran.stdout)[1].replace("&quot;", '"')
    found = json.loads(title)
    assert "CONSOLE" not in ran.stderr
    assert found["inner"] == width
    assert found["loaded"] == found["images"] == 5
    assert found["scroll"] <= width
    assert found["right"] <= width
    assert found["small"] >= 14


def test_of_a_stream_and_of_given_samples(tmp_path):
    model = SemiNMF(2).partial_fit(X)
    write_page(model, tmp_path / "a.html", X[:20], shape=(3, 4))
    text = (tmp_path / "a.html").read_text("utf-8")
    assert "Explained variance of the samples given" in text
    assert "<h2>Cost" not in text


def test_the_command_writes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model = SemiNMF(2).fit(X)
    model.save("model")
    assert main(["show", "model", "-o", "model.html"]) == 0
    assert capsys.readouterr().out == "Page: model.html\n"
    assert main(["show", "model", "-o", "model.pdf"]) == 2
    assert main(["show", "model", "-o", "other.html", "--shape", "5x5"]) == 2
    assert main(["show", "model", "--shape", "3x4"]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model.html"]
    lines = capsys.readouterr().err.splitlines()
    assert "does not fit the 12 features" in lines[1]
    assert "are for a page" in lines[2]


STORED = Path(__file__).parents[1] / "estimators" / "stored_0_2_0"


@pytest.mark.parametrize("name", ["SemiNMF", "stream", "linear", "WSF", "DeepWSF", "relu"])
def test_models_of_version_0_2_0_are_shown(name, tmp_path, capsys):
    path = str(STORED / f"{name}.model")
    assert main(["show", path]) == 0
    assert "?: the variance of the fit's data is not known" in capsys.readouterr().out
    assert main(["show", path, "-o", str(tmp_path / "a.html")]) == 0
    assert main(["show", path, str(STORED / "X.npy"), "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out[out.index("{") :])["components"][0]["own"] > 0
