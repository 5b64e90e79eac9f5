"""What a release holds: archives built from these files, for an index and in an installation."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from dsnmf import __version__
from dsnmf.commands.guide import PAGES, page

ROOT = Path(__file__).parents[1]
SOURCES = ("setup.cfg", "setup.py", "README.md", "LICENSE", "Deep Semi-NMF.ipynb", ".ruff.toml")
FOLDERS = ("dsnmf", "tests", ".gallery", ".ci")


def run(*words, **options):
    ran = subprocess.run([sys.executable, *words], capture_output=True, text=True, **options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The source archive, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("release")
    for name in SOURCES:
        shutil.copy(ROOT / name, folder)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    # With the setuptools that is installed: an environment of its own needs a network.
    run("-m", "build", "--no-isolation", "--outdir", "dist", cwd=folder)
    wheel, source = sorted((folder / "dist").iterdir(), key=lambda path: path.suffix != ".whl")
    return source, wheel


@pytest.fixture(scope="module")
def installed(archives, tmp_path_factory):
    """The folder of an installation."""
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(archives[1]).extractall(folder)
    return folder


def files_below(folder):
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


def test_an_index_takes_them(archives):
    checked = run("-m", "twine", "--no-color", "check", "--strict", *map(str, archives))
    assert checked.count("PASSED") == 2


def test_source_archive_holds_all_that_tests_and_guide_need(archives):
    with tarfile.open(archives[0]) as archive:
        held = {member.name.partition("/")[2] for member in archive if member.isfile()}
    wanted = {f"{name}/{path}" for name in FOLDERS for path in files_below(ROOT / name)}
    assert {*SOURCES, *wanted} <= held


def test_wheel_holds_the_package_and_what_it_shows(installed):
    package = files_below(ROOT / "dsnmf")
    # Records are in the source archive; pictures for print are made by `dsnmf report`.
    left_out = {path for path in package if re.match(r"experiments/results/.+\.(pdf|json)", path)}
    assert files_below(installed / "dsnmf") == package - left_out
    assert len(list(installed.glob("*.dist-info/licenses/LICENSE"))) == 1


def test_wheel_is_small(archives):
    assert archives[1].stat().st_size < 1.5e6


def test_repository_holds_no_pictures_for_print():
    listed = subprocess.run(["git", "ls-files", "*.pdf"], cwd=ROOT, capture_output=True, text=True)
    assert listed.stdout == ""  # also where there is no repository


def test_description_has_no_links_into_the_repository(installed):
    (metadata,) = installed.glob("*.dist-info/METADATA")
    fields = message_from_bytes(metadata.read_bytes())
    assert fields["Version"] == __version__
    text = fields.get_payload(decode=True).decode()
    assert text.startswith("# dsnmf\n")
    assert {target.split(":")[0] for target in re.findall(r"\]\(([^)]+)\)", text)} == {"https"}
    assert set(re.findall(r"`dsnmf guide (\w+)`", text)) >= {"choosing", "large", "citation"}


def test_guide_is_read_from_an_installation(installed, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"}
    listed = run("-m", "dsnmf", "guide", cwd=tmp_path, env=environment)
    assert [line.split()[0] for line in listed.splitlines()[: len(PAGES)]] == list(PAGES)
    printed = run("-m", "dsnmf", "guide", "changes", cwd=tmp_path, env=environment)
    assert printed == page("changes")


def test_recipe_asks_for_what_setup_cfg_does():
    setup = (ROOT / "setup.cfg").read_text("utf-8")
    rest = setup.partition("install_requires =")[2]
    experiments = rest.partition("\nexperiments =")[2].partition("\nfiles =")[0]
    for required in [*rest.partition("\n\n")[0].split(), *experiments.split()]:
        name, least = required.split(">=")
        assert re.search(rf"^    - {name}(-base)? >={re.escape(least)}$", page("changes"), re.M)


def test_changes_begin_with_this_version():
    assert re.search(r"^## (\S+)", page("changes"), re.MULTILINE)[1] == __version__
