"""`dsnmf guide`: the pages that ship with the package."""

import sys
from importlib import resources

from dsnmf.commands import arguments

#: Markdown files in dsnmf/guide, in the order of reading.
PAGES = (
    "choosing",
    "negative",
    "data",
    "commands",
    "large",
    "speed",
    "rules",
    "reproducing",
    "original",
    "developing",
    "terms",
    "reference",
    "changes",
    "citation",
)


def page(name):
    """The text of a page, Markdown."""
    return resources.files("dsnmf").joinpath("guide", f"{name}.md").read_text("utf-8")


def purpose(text):
    """The sentence below a page's title, in one line."""
    return " ".join(text.split("\n\n")[1].split())


def _listing():
    width = max(map(len, PAGES)) + 2
    lines = [f"{name:{width}}{purpose(page(name))}" for name in PAGES]
    return "\n".join([*lines, "", "dsnmf guide PAGE prints one.", ""])


def _run(parsed):
    if parsed.page not in (None, *PAGES):
        raise ValueError(f"there is no page {parsed.page!r}; the pages are {', '.join(PAGES)}")
    text = _listing() if parsed.page is None else page(parsed.page)
    # Always UTF-8: formulas have letters that the encodings of some terminals lack.
    sys.stdout.buffer.write(text.encode())


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "guide",
        "read the guide: which model, your data, speed, rules, the papers",
        "Prints a page; without PAGE, a list of the pages and their purposes.",
        ["dsnmf guide", "dsnmf guide choosing", "dsnmf guide data | less"],
    )
    parser.add_argument("page", nargs="?", metavar="PAGE", help="name of a page in the list")
    parser.set_defaults(run=_run)
