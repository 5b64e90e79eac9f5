"""`dsnmf guide`: the pages that ship with the package."""

import sys
from importlib import resources

from dsnmf.commands import arguments

_LIST_END = "\ndsnmf guide PAGE prints one."


def pages():
    """The pages' texts (Markdown) by name, sorted."""
    files = (resources.files("dsnmf") / "guide").iterdir()
    texts = {file.name: file.read_text("utf-8") for file in files if file.name.endswith(".md")}
    return {name.removesuffix(".md"): texts[name] for name in sorted(texts)}


def purpose(text):
    """The sentence below a page's title, in one line."""
    return " ".join(text.split("\n\n")[1].split())


def _listing(texts):
    width = max(map(len, texts)) + 2
    lines = [f"{name:{width}}{purpose(text)}" for name, text in texts.items()]
    return "\n".join([*lines, _LIST_END, ""])


def _run(parsed):
    texts = pages()
    if parsed.page not in (None, *texts):
        raise ValueError(f"there is no page {parsed.page!r}; the pages are {', '.join(texts)}")
    text = _listing(texts) if parsed.page is None else texts[parsed.page]
    # The files' own bytes: formulas have letters that the encodings of some terminals lack.
    sys.stdout.buffer.write(text.encode())


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "guide",
        "read the guide: which model, your data, speed, rules, the papers",
        "Without a page, lists the pages, each with what it is for.",
        ["dsnmf guide", "dsnmf guide choosing", "dsnmf guide data | less"],
    )
    parser.add_argument("page", nargs="?", metavar="PAGE", help="its name, as the list has it")
    parser.set_defaults(run=_run)
