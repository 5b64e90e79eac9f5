"""Beside setup.cfg: what a package index shows of README.md, all that a source archive holds."""

import re
from pathlib import Path
from urllib.parse import unquote

from setuptools import setup
from setuptools.command.sdist import sdist


def for_index(text):
    """Markdown without links to files, which lead nowhere outside the repository.

    Those to pages of the guide become the command that prints the page, others the file's name.
    """
    pages = re.compile(r"\[([^]]+)\]\(dsnmf/guide/(\w+)\.md\)")
    text = pages.sub(lambda m: m[1] if m[1] == m[2] else f"{m[1]}: `dsnmf guide {m[2]}`", text)
    text = re.sub(r"!\[([^]]+)\]\((?!https:)([^)]+)\)", r"*\1: \2 in the source archive*", text)
    files = re.compile(r"\[([^]]+)\]\((?!https:)([^)]+)\)")
    return files.sub(lambda m: f"{m[1]} ({unquote(m[2])})", text)


class SourceArchive(sdist):
    """With the tests, the notebook, the pictures and the experiments' records."""

    def make_distribution(self):
        for folder in (".ci", ".gallery", ".site", "dsnmf", "tests"):
            self.filelist.graft(folder)
        for name in (".ruff.toml", "Deep Semi-NMF.ipynb"):
            self.filelist.include(name)
        self.filelist.global_exclude("*.py[cod]")
        self.filelist.sort()
        self.filelist.remove_duplicates()
        super().make_distribution()


setup(
    long_description=for_index(Path(__file__).with_name("README.md").read_text("utf-8")),
    cmdclass={"sdist": SourceArchive},
)
