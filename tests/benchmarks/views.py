"""An iteration of several views against its bare products, and what the tolerance does to features.

    python tests/benchmarks/views.py [--layers 50,10] [--rounds 15] [--tolerances] [--out DIR]

On UCI multiple features: 2,000 samples, six views of 649 features. The products are Ψ_vᵀX_v of all
views, then X_vQ_vᵀ, over the samples that have the view, B⁺H, B⁻H, L⁻¹H and Q_vQ_vᵀ, each by one
call of NumPy; and "cut": some rows at a time, as an iteration has them. All alternate in one
process; CPU time, medians. With --tolerances also NMI of k-means (metric "data", features as
learned and by transform) with 30 % of the views missing, five draws.
"""

import time

import measuring
import numpy as np

from dsnmf import MultiViewDeepSemiNMF, datasets
from dsnmf.experiments import view_methods
from dsnmf.experiments.clustering import k_means_score
from dsnmf.solvers.row_products import rows_against, rows_times

#: Iterations that are measured together.
REPEATS = 10


class Steps:
    """Iterations of a fit, and its products, which alternate while it runs."""

    def __init__(self, rounds):
        self.rounds, self.iterations, self.products, self.cut = rounds, [], [], []
        self._last = None

    def __call__(self, iteration, state):
        """As a callback after each iteration."""
        now = time.process_time()
        if self._last is not None and iteration > REPEATS:
            self.iterations.append(now - self._last)
        if iteration % REPEATS == 0:
            self.products.append(self._bare(state._model, np.matmul, lambda X, H: X.T @ H))
            self.cut.append(self._bare(state._model, self._rows_times, rows_against))
        self._last = time.process_time()
        return len(self.products) == self.rounds

    @staticmethod
    def _rows_times(X, M):
        out = np.empty((len(X), M.shape[1]))
        rows_times(X, M, out)
        return out

    def _bare(self, model, forward, back):
        parts = model.data.parts
        pairs = [(part.rows, part.samples) for part in parts]
        Psis = [np.ascontiguousarray(Psi) for Psi in model.in_parts(model.Psis)]
        Hs = [np.ascontiguousarray(model.H if s is None else model.H[s]) for _, s in pairs]
        B = Psis[0].T @ Psis[0]
        start = time.process_time()
        for _ in range(REPEATS):
            for (X, _), Psi in zip(pairs, Psis):
                forward(X, Psi)
            for (X, _), H in zip(pairs, Hs):
                back(X, H), H.T @ H
            for _ in range(3):
                model.H @ B
        return (time.process_time() - start) / REPEATS


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--layers", type=measuring.sizes, default=(50, 10))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tolerances", action="store_true")
    arguments = parser.parse_args()
    digits = datasets.load_multiple_features()
    ends = np.cumsum([width for _, width in digits.views])[:-1]
    views = view_methods.prepare(np.split(digits.data, ends, axis=1))
    rows = {}
    for share in (0.0, 0.3):
        steps, given = Steps(arguments.rounds), view_methods.without_some(views, share, 0)
        model = MultiViewDeepSemiNMF(arguments.layers, tol=0, callback=steps, max_iter=10**4)
        model.fit(given)
        iteration, products, cut = (
            1e3 * np.median(times) for times in (steps.iterations, steps.products, steps.cut)
        )
        rows[f"{share:.0%} missing"] = {
            "iteration, ms": iteration,
            "products, ms": products,
            "iteration / products": iteration / products,
            "iteration / cut": iteration / cut,
        }
    measuring.table(f"UCI multiple features, {arguments.layers}", rows)
    for tol in (1e-4, 2e-3) if arguments.tolerances else ():
        scores = []
        for seed in range(5):
            given = view_methods.without_some(views, 0.3, seed)
            found = view_methods.multiview(given, seed, tol=tol)
            kinds = found["metric"], found["transform"]
            scores.append([k_means_score(each, digits.target, seed)[0] for each in kinds])
        learned, mapped = 100 * np.mean(scores, axis=0)
        rows[f"tol {tol:g}"] = {"NMI % learned": learned, "NMI % transform": mapped}
        print(f"tol={tol:g}: NMI {learned:.1f} % as learned, {mapped:.1f} % by transform")
    measuring.write_json(arguments, "views", {"layers": arguments.layers, "rows": rows})


if __name__ == "__main__":
    main()
