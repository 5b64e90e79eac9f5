"""One epoch of DSNMF on PIE against its bare matrix products, full and compressed.

    python tests/benchmarks/epoch.py [--layers 400,100] [--dtype float32] [--rounds 5]
        [--cpu] [--out DIR]

The products, with preallocated outputs, are the limit that no implementation can pass. Compressed
training has its own: those of the smaller data. All four alternate in one process; medians. Page
faults are those of the kernel's count for this process.

With --cpu it is the CPU time of the calling thread, which other processes disturb little. Then BLAS
must have one thread (OPENBLAS_NUM_THREADS=1).
"""

import time

import measuring

from dsnmf import DSNMF, datasets


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--layers", type=measuring.sizes, default=(400, 100))
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", action="store_true", help="CPU time of the calling thread")
    arguments = parser.parse_args()
    clock = time.thread_time if arguments.cpu else time.perf_counter
    data = datasets.load_pie().data.astype(arguments.dtype)

    functions, shapes = {}, {}
    for name, keywords in measuring.TRAININGS.items():
        model = DSNMF(data, arguments.layers, **keywords)
        X = model.X.get_value(borrow=True)
        shapes[name] = X.shape
        functions[name, "products"] = measuring.epoch_products(X, arguments.layers)
        functions[name, "epoch"] = model.train_fun
    measured = measuring.interleaved(functions, arguments.rounds, clock=clock)

    rows = {}
    for name in measuring.TRAININGS:
        epoch, products = measured[name, "epoch"], measured[name, "products"]
        rows[name] = {
            "data": "{} x {}".format(*shapes[name]),
            "epoch, ms": epoch.ms,
            "products, ms": products.ms,
            "epoch / products": epoch.ms / products.ms,
            "page faults per epoch": epoch.faults,
            "epoch / full epoch": epoch.ms / measured["full", "epoch"].ms,
        }
    measuring.table(f"PIE, {arguments.layers}, {arguments.dtype}", rows)
    measuring.write_json(
        arguments, "epoch", {"layers": arguments.layers, "dtype": arguments.dtype, "rows": rows}
    )


if __name__ == "__main__":
    main()
