"""Runs benchmarks one after the other, each in a process of its own.

    python tests/benchmarks [NAME…] [--out DIR]

All without a name. Each prints a table and, with --out, writes DIR/NAME.json; growth also draws
DIR/growth.png. Each is a script of its own too, with further options (--help).
"""

import subprocess
import sys
from pathlib import Path

import measuring

FOLDER = Path(__file__).parent
NAMES = ("epoch", "rivals", "multiplicative", "startup", "quality", "metric", "growth", "memory")
NAMES += ("stream", "transform", "fits", "selection", "ranks", "few_labels", "fields", "busy")
NAMES += ("ratings", "sparse_blocks", "views", "filling", "gpu")


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"NAME must be one of {', '.join(NAMES)}, got {', '.join(sorted(unknown))}")
    failed = []
    for name in arguments.names or NAMES:
        options = []
        if arguments.out:
            options = ["--out", arguments.out]
            if name == "growth":
                options += ["--figure", arguments.out / "growth.png"]
        if subprocess.run([sys.executable, FOLDER / f"{name}.py", *options]).returncode:
            failed.append(name)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
