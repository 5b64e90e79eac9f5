"""One epoch of DSNMF in JAX mode, on a card where there is one, beside the CPU and PyTorch.

    python tests/benchmarks/gpu.py [--quick] [--rounds 5] [--out DIR]

CMU PIE with layers 400-100, full and compressed, and made data of 50,000 samples x 4096 features
with layers 512-128 (2,000 samples with --quick, or if JAX finds no card). float32, all products
with all of its bits. PyTorch, where it is installed, and plain JAX train with their automatic
gradients and Adam. All must have the same costs. Functions alternate in one process; a call counts
when its device has done it; medians. "bare products" are the epoch's matrix products alone, on the
device of JAX.
"""

import importlib.util
import os
import sys
from functools import partial
from statistics import median

import measuring
import numpy as np
import rivals

from dsnmf import DSNMF, datasets
from dsnmf.training.device import check_device
from dsnmf.training.memory import freed_memory_kept

#: What one function may take in a round, at least one call.
SECONDS = 0.5

#: A random start and Adam's first steps on it leave costs that agree to this.
TOLERANCE = 1e-3


def device_products(X, layers):
    """`measuring.epoch_products` on the device of JAX."""
    import jax

    pairs = jax.device_put(measuring.epoch_pairs(X, layers))

    @jax.jit
    def products(pairs):
        return [A @ B for A, B in pairs]

    def run():
        with jax.default_matmul_precision("highest"):
            jax.block_until_ready(products(pairs))

    return run


def jax_epoch(X, params):
    """The training of DSNMF written plainly in JAX."""
    import jax
    import jax.numpy as jnp

    X = jax.device_put(X)
    zeros = [np.zeros_like(param) for param in params]
    state = np.float32(0), params, zeros, zeros

    def cost(params, X):
        *Zs, H = params
        features = rivals.relu(H)
        for Z in reversed(Zs[1:]):
            features = rivals.relu(Z @ features)
        return jnp.square(X - Zs[0] @ features).sum()

    def moved(param, grad, m, v, step_size):
        m = rivals.BETA1 * m + (1 - rivals.BETA1) * grad
        v = rivals.BETA2 * v + (1 - rivals.BETA2) * jnp.square(grad)
        return param - step_size * m / (jnp.sqrt(v) + rivals.EPSILON), m, v

    @jax.jit
    def step(X, t, params, means, squares):
        value, grads = jax.value_and_grad(cost)(params, X)
        t = t + 1
        correction = jnp.sqrt(1 - rivals.BETA2**t) / (1 - rivals.BETA1**t)
        step_size = rivals.LEARNING_RATE * correction
        new = [moved(*arrays, step_size) for arrays in zip(params, grads, means, squares)]
        return value, (t, *map(list, zip(*new)))

    def epoch():
        nonlocal state
        with jax.default_matmul_precision("highest"):
            value, state = step(X, *state)
        return float(value)

    return epoch


def torch_device():
    """PyTorch's card or "cpu"; None if it is not installed."""
    if not importlib.util.find_spec("torch"):
        return None
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def functions_of(model, data, layers, keywords):
    """{name: function that runs one epoch and returns the cost before it}, all from one start."""
    params = [param.get_value() for param in model.params]
    in_jax = DSNMF(data, layers, mode="JAX", pretrain=False, **keywords)
    in_jax.set_param_values(model.get_param_values())
    epochs = {"DSNMF on the CPU": model.train_fun, "DSNMF, mode='JAX'": in_jax.train_fun}
    X, device = model.X.get_value(borrow=True), torch_device()
    others = {"plain JAX": jax_epoch(X, params)}
    if device:
        others[f"PyTorch on {device}"] = rivals.torch_epoch(X, params, False, device)
    discarded = float(np.vdot(data, data) - np.vdot(X, X))
    return epochs | {name: partial(plus, epoch, discarded) for name, epoch in others.items()}


def plus(epoch, discarded):
    return epoch() + discarded


def check_costs(epochs):
    """Run a few epochs of each; raise if the costs differ."""
    costs = [[float(epoch()) for _ in range(rivals.COMPARED)] for epoch in epochs.values()]
    for name, values in zip(epochs, costs):
        np.testing.assert_allclose(values, costs[0], rtol=TOLERANCE, err_msg=name)


def interleaved(functions, rounds):
    """{name: median milliseconds}; slow functions are called less often."""
    repeats = {
        name: min(20, int(SECONDS / measuring.timed(function, 2)[-1]) + 1)
        for name, function in functions.items()
    }
    seconds = {name: [] for name in functions}
    with freed_memory_kept():  # as `fit` trains
        for _ in range(rounds):
            for name, function in functions.items():
                function()
                seconds[name] += measuring.timed(function, repeats[name])
    return {name: 1e3 * median(values) for name, values in seconds.items()}


def measured(model, data, layers, keywords, rounds):
    """A table's rows."""
    epochs = functions_of(model, data, layers, keywords)
    check_costs(epochs)
    products = device_products(model.X.get_value(borrow=True), layers)
    ms = interleaved({"bare products": products, **epochs}, rounds)
    return {
        name: {
            "ms": value,
            "/ products": value / ms["bare products"],
            "/ mode='JAX'": value / ms["DSNMF, mode='JAX'"],
        }
        for name, value in ms.items()
    }


def problems(quick):
    """Title, data, layers, keywords and a model at its start, one after the other."""
    pie, layers = datasets.load_pie().data.astype(np.float32), (400, 100)
    for name, keywords in measuring.TRAININGS.items():
        yield f"CMU PIE, {name}", pie, layers, keywords, rivals.started(pie, layers, keywords)
    n, layers = 2000 if quick else 50_000, (512, 128)
    data = np.random.default_rng(0).standard_normal((n, 4096), dtype=np.float32)
    yield "made data", data, layers, {}, DSNMF(data, layers, pretrain=False, random_state=0)


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples, as without a card")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    # Or JAX takes most of the card's memory at once, and leaves little for PyTorch.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    try:
        device = check_device()
    except ImportError as error:
        print(f"gpu: nothing is measured: {error}")
        return
    except RuntimeError as error:
        sys.exit(f"gpu: {error}")
    no_card = device.platform == "cpu"
    where = "the CPU, as JAX finds no card" if no_card else device.device_kind
    tables = {}
    for name, data, layers, keywords, model in problems(arguments.quick or no_card):
        shape = "{} x {}".format(*model.X.get_value(borrow=True).shape)
        title = f"{name}, {shape}, {layers}, float32, one epoch on {where}"
        tables[title] = measured(model, data, layers, keywords, arguments.rounds)
        measuring.table(title, tables[title])
    if torch_device() is None:
        print("PyTorch is not installed: no rows for it")
    measuring.write_json(arguments, "gpu", {"device": where, "tables": tables})


if __name__ == "__main__":
    main()
