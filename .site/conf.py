"""The site, from README, guide and docstrings: see "A release" in dsnmf/guide/changes.md."""

import shutil

from dsnmf import __version__

project, author = "dsnmf", "The dsnmf developers"
release = version = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
]
root_doc = "README"
include_patterns = [
    "README.md",
    "dsnmf/guide/*.md",
    "dsnmf/experiments/results/report.md",
    ".site/*.md",
]
html_theme, html_title = "furo", "dsnmf"
html_show_sourcelink = False
myst_heading_anchors = 4
numpydoc_show_class_members = False
autodoc_typehints = "none"
# Links and pictures that are not there are warnings, which the build ends with.
plot_include_source, plot_html_show_source_link = True, False
plot_formats, plot_html_show_formats = [("png", 144)], False

#: The order of the pages at the side.
PAGES = """

```{toctree}
:hidden:

dsnmf/guide/choosing
dsnmf/guide/negative
.site/gallery
dsnmf/guide/data
dsnmf/guide/commands
dsnmf/guide/large
dsnmf/guide/speed
dsnmf/guide/rules
dsnmf/guide/reproducing
dsnmf/experiments/results/report
dsnmf/guide/original
.site/api
dsnmf/guide/terms
dsnmf/guide/reference
dsnmf/guide/developing
dsnmf/guide/changes
dsnmf/guide/citation
```
"""


def add_pages(app, name, source):
    if name == root_doc:
        source[0] += PAGES


def add_index(app, error):
    if error is None and app.builder.format == "html":
        shutil.copy(app.outdir / "README.html", app.outdir / "index.html")
        (app.outdir / ".nojekyll").touch()  # GitHub's pages leave out _static otherwise


def setup(app):
    app.connect("source-read", add_pages)
    app.connect("build-finished", add_index)
