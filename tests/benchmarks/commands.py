"""CPU seconds of commands in fresh processes, beside a bare interpreter and one that has NumPy.

    python tests/benchmarks/commands.py [--rounds 5] [--out DIR]

Medians; the kinds alternate. What is fitted is digits, 8 components, 10 iterations.
"""

import os
import resource
import subprocess
import sys
import tempfile
from statistics import median

import measuring

FIT = ["fit", "digits", "--layers", "8", "--max-iter", "10", "--quiet", "-o", "digits.model"]

#: {name: words for Python}.
RUNS = {
    "bare Python": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "--help": ["-m", "dsnmf", "--help"],
    "show MODEL": ["-m", "dsnmf", "show", "digits.model"],
    "plot MODEL": ["-m", "dsnmf", "plot", "digits.model", "--kind", "components", "-o", "a.png"],
    "transform": ["-m", "dsnmf", "transform", "digits.model", "digits", "-o", "a.npy"],
    "fit": ["-m", "dsnmf", *FIT],
}


def cpu_seconds(words, folder):
    """Of one fresh process and those that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="processes of each kind")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as folder:
        cpu_seconds(RUNS["fit"], folder)
        rounds = [
            {name: cpu_seconds(words, folder) for name, words in RUNS.items()}
            for _ in range(arguments.rounds)
        ]
    rows = {name: {"CPU": median(r[name] for r in rounds)} for name in RUNS}
    measuring.table("CPU seconds", rows)
    measuring.write_json(arguments, "commands", {"seconds": rows})


if __name__ == "__main__":
    main()
