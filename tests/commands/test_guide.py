"""The guide: its command, and that what README and pages point at is there."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

import dsnmf
from dsnmf.commands import guide
from dsnmf.commands.main import main

PACKAGE = Path(dsnmf.__file__).parent
README = Path(__file__).parents[2] / "README.md"
FILES = {name: PACKAGE / "guide" / f"{name}.md" for name in guide.PAGES}
TEXTS = {
    path.stem: (path, path.read_text("utf-8")) for path in [README, *PACKAGE.glob("guide/*.md")]
}


def test_every_file_is_a_page():
    assert sorted((PACKAGE / "guide").iterdir()) == sorted(FILES.values())


def test_list_has_every_page_with_its_purpose(capsysbinary):
    assert main(["guide"]) == 0
    listed = capsysbinary.readouterr().out.decode().split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == list(guide.PAGES)
    for line, path in zip(listed, FILES.values()):
        title, purpose, _ = path.read_text("utf-8").split("\n\n", 2)
        assert re.fullmatch(r"# .+", title)
        assert line.endswith("  " + purpose.replace("\n", " "))
        assert re.fullmatch(r"[^.]+\.", purpose)


@pytest.mark.parametrize("name", guide.PAGES)
def test_pages_are_printed_whole(name, capsysbinary):
    assert main(["guide", name]) == 0
    assert capsysbinary.readouterr() == (FILES[name].read_bytes(), b"")


# The encoding is one that lacks letters of the page.
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_printed_whole_into_a_pipe_and_quickly(encoding):
    code = "import sys; from dsnmf.commands.main import main; code = main(['guide', 'rules']); "
    code += "heavy = {'sklearn', 'matplotlib', 'scipy.io', 'dsnmf.estimators.base'}; "
    code += "sys.exit(code or len(heavy & sys.modules.keys()))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, FILES["rules"].read_bytes(), b"")


def test_unknown_page_is_one_line(capsys):
    assert main(["guide", "rule"]) == 2
    pages = ", ".join(guide.PAGES)
    message = f"dsnmf: error: there is no page 'rule'; the pages are {pages}\n"
    assert capsys.readouterr() == ("", message)


def test_readme_is_short_and_links_to_every_page():
    _, text = TEXTS["README"]
    assert len(text.splitlines()) <= 120
    for name in guide.PAGES:
        assert f"](dsnmf/guide/{name}.md)" in text


def test_developing_names_what_is_there():
    names = re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.py|\.md|/))`", TEXTS["developing"][1])
    roots = PACKAGE, PACKAGE / "estimators", PACKAGE.parent
    missing = [name for name in names if not any((root / name).exists() for root in roots)]
    assert (missing, len(names) > 30) == ([], True)


@pytest.mark.parametrize("name", TEXTS)
def test_links_and_pictures_are_there(name):
    path, text = TEXTS[name]
    targets = re.findall(r"\]\(([^)]+)\)", text)
    for target in targets:
        if not target.startswith("https://"):
            assert (path.parent / unquote(target)).exists(), target


@pytest.mark.parametrize("name", TEXTS)
def test_commands_name_pages_and_files_that_are_there(name):
    _, text = TEXTS[name]
    assert set(re.findall(r"`dsnmf guide ([^`]+)`", text)) <= {*guide.PAGES}
    for path in re.findall(r"\btests/[\w/.]*\w", text):
        assert (README.parent / path).exists(), path


@pytest.mark.parametrize("name", TEXTS)
def test_dotted_names_resolve(name):
    _, text = TEXTS[name]
    for dotted in re.findall(r"`(dsnmf(?:\.\w+)+)(?:\([^`]*)?`", text):
        resolved = dsnmf
        for depth, part in enumerate(dotted.split(".")[1:], start=2):
            if not hasattr(resolved, part):
                importlib.import_module(".".join(dotted.split(".")[:depth]))
            resolved = getattr(resolved, part)
