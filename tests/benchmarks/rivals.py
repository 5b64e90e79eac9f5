"""DSNMF on PIE against the same training written plainly in NumPy and in PyTorch.

    python tests/benchmarks/rivals.py [--layers 400,100] [--rounds 5] [--out DIR]

PyTorch is used where it is installed: eager, and with the cost and the optimiser compiled
(torch.compile, which needs a C++ compiler). All must follow DSNMF's costs from the factors that it
has after 10 epochs, not from its start: there the gradient of a compressed Z_1 is rounding noise,
and Adam's first step follows its sign. Full data and compressed data; float32; blocks of epochs
alternate in one process; medians. NumPy's large temporaries profit here from what DSNMF sets in
the C library, where that is glibc: alone it is slower.
"""

import importlib.util
import math

import measuring
import numpy as np

from dsnmf import DSNMF, datasets

#: Epochs before the comparison, epochs whose costs are compared, and by how much they may differ.
BEFORE, COMPARED, TOLERANCE = 10, 5, 1e-3

LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def relu(x):
    return 0.5 * (x + abs(x))


def numpy_epoch(X, params):
    """A function that runs one epoch and returns the cost before it, in NumPy."""
    params = [param.copy() for param in params]
    means, squares = ([np.zeros_like(param) for param in params] for _ in range(2))
    t = 0

    def gradients():
        *Zs, H = params
        inputs, features = [H], [relu(H)]
        for Z in reversed(Zs[1:]):
            inputs.insert(0, Z @ features[0])
            features.insert(0, relu(inputs[0]))
        error = Zs[0] @ features[0]
        error -= X
        cost = float(np.vdot(error, error))
        error *= 2
        grads = []
        for Z, A, F in zip(Zs, inputs, features):
            grads.append(error @ F.T)
            error = Z.T @ error
            error *= 0.5 * (1 + np.sign(A))
        return cost, [*grads, error]

    def epoch():
        nonlocal t
        cost, grads = gradients()
        t += 1
        step_size = LEARNING_RATE * math.sqrt(1 - BETA2**t) / (1 - BETA1**t)
        for param, grad, m, v in zip(params, grads, means, squares):
            m *= BETA1
            m += (1 - BETA1) * grad
            v *= BETA2
            v += (1 - BETA2) * grad**2
            param -= step_size * m / (np.sqrt(v) + EPSILON)
        return cost

    return epoch


def torch_epoch(X, params, compiled, device="cpu"):
    """The same in PyTorch, with its automatic gradients and its Adam."""
    import torch

    X = torch.tensor(X, device=device)
    params = [torch.tensor(param, requires_grad=True, device=device) for param in params]
    optimiser = torch.optim.Adam(params, LEARNING_RATE, (BETA1, BETA2), EPSILON)

    def cost():
        *Zs, H = params
        features = relu(H)
        for Z in reversed(Zs[1:]):
            features = relu(Z @ features)
        return (X - Zs[0] @ features).square().sum()

    step = optimiser.step
    if compiled:
        # Not dynamic: made for one shape each, as the first one is anyway.
        cost, step = (torch.compile(function, dynamic=False) for function in (cost, step))

    def epoch():
        optimiser.zero_grad()
        value = cost()
        value.backward()
        step()
        return float(value.detach())

    return epoch


def rivals(X, params):
    """{name: function that runs one epoch and returns the cost before it}."""
    found = {"NumPy": numpy_epoch(X, params)}
    if importlib.util.find_spec("torch"):
        found["PyTorch, eager"] = torch_epoch(X, params, compiled=False)
        found["PyTorch, compiled"] = torch_epoch(X, params, compiled=True)
    return found


def started(data, layers, keywords):
    """A model with the factors of another one that has been trained a little, Adam at its start."""
    values = DSNMF(data, layers, **keywords).fit(BEFORE, progress=False).get_param_values()
    model = DSNMF(data, layers, **keywords)
    model.set_param_values(values)
    return model


def check_costs(epochs, discarded):
    """Run a few epochs of each; raise if the costs, discarded energy included, differ."""
    costs = {name: np.array([epoch() for _ in range(COMPARED)]) for name, epoch in epochs.items()}
    expected = costs.pop("DSNMF")
    for name, values in costs.items():
        np.testing.assert_allclose(values + discarded, expected, rtol=TOLERANCE, err_msg=name)


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--layers", type=measuring.sizes, default=(400, 100))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    data = datasets.load_pie().data.astype(np.float32)

    rows = {}
    for training, keywords in measuring.TRAININGS.items():
        model = started(data, arguments.layers, keywords)
        X = model.X.get_value()
        params = [param.get_value() for param in model.params]
        epochs = {"DSNMF": model.train_fun, **rivals(X, params)}
        check_costs(epochs, float(np.vdot(data, data) - np.vdot(X, X)))
        products = measuring.epoch_products(X, arguments.layers)
        measured = measuring.interleaved({"bare products": products, **epochs}, arguments.rounds)
        for name, value in measured.items():
            rows[f"{name}, {training}"] = {
                "ms": value.ms,
                "/ products": value.ms / measured["bare products"].ms,
                "/ DSNMF": value.ms / measured["DSNMF"].ms,
                "page faults": value.faults,
            }
    measuring.table(f"PIE, {arguments.layers}, float32: one epoch", rows)
    if not importlib.util.find_spec("torch"):
        print("PyTorch is not installed: no rows for it")
    measuring.write_json(arguments, "rivals", {"layers": arguments.layers, "rows": rows})


if __name__ == "__main__":
    main()
