"""Peak memory of training on made data with few components, as a multiple of the data's bytes.

    python tests/benchmarks/memory.py [--samples 50000] [--features 500] [--out DIR]

Each case is a fresh process (Linux). The data, float32, samples x features, C-ordered, are there
before, and so is all that a small model needs (imports, compiled functions); counted is what
construction and a few iterations add to the resident memory at their peak. "peak" has the caller's
data in it as well.
"""

import json
import warnings
from functools import partial
from pathlib import Path

import measuring
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from dsnmf import DSNMF, DeepSemiNMF, SemiNMF

LAYERS = 20, 10

#: Iterations; the estimators look at the cost every tenth.
ITERATIONS = 12


def train(data, **keywords):
    DSNMF(data, LAYERS, **keywords).fit(ITERATIONS, progress=False)


def fit(data, estimator, compress):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator(max_iter=ITERATIONS, compress=compress).fit(data)


ESTIMATORS = {
    "DeepSemiNMF, lbfgs": partial(DeepSemiNMF, LAYERS, solver="lbfgs"),
    "DeepSemiNMF, adam": partial(DeepSemiNMF, LAYERS, solver="adam"),
    "DeepSemiNMF, multiplicative": partial(DeepSemiNMF, LAYERS, solver="multiplicative"),
    "SemiNMF": partial(SemiNMF, LAYERS[0]),
}

CASES = {
    **{f"DSNMF, {name}": partial(train, **kw) for name, kw in measuring.TRAININGS.items()},
    **{
        f"{estimator}, {name}": partial(fit, estimator=make, compress=compress)
        for estimator, make in ESTIMATORS.items()
        for name, compress in (("full", False), ("as it decides", "auto"))
    },
}


def resident(name):
    """Bytes of resident memory: "VmRSS" is now, "VmHWM" the peak since `reset_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def reset_peak():
    Path("/proc/self/clear_refs").write_text("5")


def peak(case, n, p):
    """{data: bytes, added: bytes at the peak beyond the state before}, in this process."""
    rng = np.random.default_rng(0)
    # Low rank, of both signs, and noise: what such models are for.
    components = rng.standard_normal((LAYERS[0], p), dtype=np.float32)
    CASES[case](rng.random((100, LAYERS[0]), dtype=np.float32) @ components)
    data = rng.random((n, LAYERS[0]), dtype=np.float32) @ components
    for row in data:
        row += 0.1 * rng.standard_normal(p, dtype=np.float32)
    reset_peak()
    before = resident("VmRSS")
    CASES[case](data)
    return {"data": data.nbytes, "added": resident("VmHWM") - before}


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=500)
    parser.add_argument("--case", choices=CASES, help="measure this one here, and print it as JSON")
    arguments = parser.parse_args()
    size = arguments.samples, arguments.features
    if arguments.case:
        print(json.dumps(peak(arguments.case, *size)))
        return

    rows = {}
    for case in CASES:
        options = ("--case", case, "--samples", size[0], "--features", size[1])
        run = measuring.fresh_process(__file__, *options)
        rows[case] = {
            "data, MB": run["data"] / 1e6,
            "added at the peak, MB": run["added"] / 1e6,
            "added / data": run["added"] / run["data"],
            "peak / data": 1 + run["added"] / run["data"],
        }
    measuring.table("{} x {}, float32, components {}, {}".format(*size, *LAYERS), rows)
    measuring.write_json(arguments, "memory", {"layers": LAYERS, "rows": rows})


if __name__ == "__main__":
    main()
