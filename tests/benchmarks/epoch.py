"""One epoch of DSNMF on PIE against its bare matrix products, and the start-up by part.

    python tests/benchmarks/epoch.py [--layers 400,100] [--dtype float32] [--rounds 5] [--out FILE]

The six products of an epoch, with preallocated outputs, are the limit that no implementation can
pass. Rounds of 20 epochs and 20 times the products alternate in one process; medians. Page faults
are those of the kernel's count for this process.
"""

import argparse
import json
import resource
import time

import pytensor  # noqa: F401

pytensor_imported = time.perf_counter()
import numpy as np  # noqa: E402

from dsnmf import DSNMF, datasets  # noqa: E402

imported = time.perf_counter()


def bare_products(X, values):
    """A function that runs the epoch's matrix products and nothing else (two layers)."""
    Z1, Z2, H2 = values
    H1 = Z2 @ H2
    R, D1 = np.empty_like(X), np.empty_like(H1)
    dZ1, dZ2, dH2 = np.empty_like(Z1), np.empty_like(Z2), np.empty_like(H2)

    def run():
        np.matmul(Z2, H2, out=D1)
        np.matmul(Z1, H1, out=R)
        np.matmul(R, H1.T, out=dZ1)
        np.matmul(Z1.T, R, out=D1)
        np.matmul(D1, H2.T, out=dZ2)
        np.matmul(Z2.T, D1, out=dH2)

    return run


def timed(function, repeats):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return seconds


def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", default="400,100", help="two layer sizes")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="write the numbers as JSON to this file")
    arguments = parser.parse_args()
    layers = [int(size) for size in arguments.layers.split(",")]
    data = datasets.load_pie().data.astype(arguments.dtype)

    start = time.perf_counter()
    model = DSNMF(data, layers)
    initialised = time.perf_counter()
    model.train_fun()
    first_epoch = time.perf_counter()

    products = bare_products(np.ascontiguousarray(data.T), model.get_param_values())
    timed(products, 5), timed(model.train_fun, 5)
    epochs, limits, epoch_faults = [], [], []
    for _ in range(arguments.rounds):
        limits += timed(products, 20)
        before = faults()
        epochs += timed(model.train_fun, 20)
        epoch_faults.append((faults() - before) / 20)
    result = {
        "import dsnmf after pytensor, s": imported - pytensor_imported,
        "initialisation, s": initialised - start,
        "graph, compilation, first epoch, s": first_epoch - initialised,
        "start until the first epoch is done, s": first_epoch - start,
        "epoch, ms": 1e3 * float(np.median(epochs)),
        "bare products, ms": 1e3 * float(np.median(limits)),
        "epoch / bare products": float(np.median(epochs) / np.median(limits)),
        "page faults per epoch": float(np.median(epoch_faults)),
    }
    for name, value in result.items():
        print(f"{name:42} {value:10.3f}")
    if arguments.out:
        with open(arguments.out, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
