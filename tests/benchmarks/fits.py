"""Small fits beside scikit-learn's NMF: the second and later ones of a kind in a process.

    python tests/benchmarks/fits.py [--rounds 30] [--out DIR]

All alternate in one process, with one thread of BLAS; CPU time, medians. Every fit has 20
iterations; each round has other data, and in turn one of --sizes, on which scikit-learn's
NMF(5) factorises |X|. The ratios are medians of each fit's time by that of the NMF beside it.
Memory is the growth of the process by --fits more fits of SemiNMF, of ever new sizes (Linux).
"""

import time
import warnings
from statistics import median

import measuring
import numpy as np
from sklearn.decomposition import NMF
from threadpoolctl import threadpool_limits

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF

#: By what they are called: an estimator of k components, and whether it gets labels.
FITS = {
    "SemiNMF(k)": (lambda k: SemiNMF(k, max_iter=20), False),
    "WSF(k), labels": (lambda k: WSF(k, max_iter=20), True),
    "DeepSemiNMF((8, k))": (lambda k: DeepSemiNMF((8, k), max_iter=20), False),
    "DeepWSF((8, k)), labels": (lambda k: DeepWSF((8, k), max_iter=20), True),
}

SIZES = ((300, 30, 5), (300, 30, 3), (200, 40, 5), (300, 30, 1))


def cpu(fit, *data):
    """Milliseconds."""
    start = time.process_time()
    fit(*data)
    return 1000 * (time.process_time() - start)


def resident():
    """KiB of this process."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def growth(count, rng):
    """KiB that the process grows by in each of so many fits."""
    before = resident()
    for i in range(count):
        SemiNMF(2 + i % 7, max_iter=20).fit(rng.standard_normal((100 + i, 20 + i % 11)))
    return (resident() - before) / count


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--fits", type=int, default=500)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    rows = {}
    with threadpool_limits(1):
        for n, p, k in SIZES:
            times = {name: [] for name in ("NMF", *FITS)}
            for _ in range(arguments.rounds + 1):
                X, y = rng.standard_normal((n, p)), rng.integers(3, size=n)
                times["NMF"].append(cpu(NMF(5, max_iter=20).fit, abs(X)))
                for name, (make, has_labels) in FITS.items():
                    times[name].append(cpu(make(k).fit, X, y if has_labels else None))
            times = {name: values[1:] for name, values in times.items()}  # compiled in the first
            for name, values in times.items():
                ratio = median(ours / theirs for ours, theirs in zip(values, times["NMF"]))
                rows[f"{n} x {p}, k = {k}: {name}"] = {"ms": median(values), "/ NMF": ratio}
        grown = growth(arguments.fits, rng) if arguments.fits else float("nan")
    measuring.table("20 iterations, CPU, one thread", rows)
    print(f"memory: {grown:.1f} KiB a fit")
    measuring.write_json(arguments, "fits", {"rows": rows, "KiB a fit": grown})


if __name__ == "__main__":
    main()
