"""Criterion "components": the agreement of components between fits to different samples."""

import numpy as np
from sklearn.base import clone

from dsnmf.files.output import tell_apart
from dsnmf.selection.criterion import (
    SHARE,
    Criterion,
    agreement_error,
    beyond,
    mean_agreements,
    random_samples,
)
from dsnmf.selection.matching import matched_cosine

#: Number of random pairs of bases.
DRAWS = 20


def chance(k):
    """Mean matched cosine between random orthonormal bases of the same k-dimensional space."""
    rng = np.random.default_rng(0)
    bases = (np.linalg.qr(rng.standard_normal((k, k)))[0] for _ in range(DRAWS))
    return float(np.mean([matched_cosine(np.eye(k), basis) for basis in bases]))


class ComponentAgreement(Criterion):
    """Matched cosines of fits to random 80 % of the samples, beyond those of random bases.

    Fits to all samples from random starts would be another measure, but Semi-NMF has many solutions
    of nearly the same error, which differ even with the right number of components. The strongest
    few components are found every time, so this criterion prefers small models. A single component
    always agrees, and scores 0.
    """

    label = "agreement of components beyond chance"

    def check(self, X, models):
        seen = int(SHARE * X.shape[0])
        for model in models:
            if max(model._layer_sizes()) > seen:
                raise ValueError(
                    f"criterion='components' fits {SHARE:.0%} of the samples, {seen}: got more "
                    f"components, {model._layer_sizes()}"
                )
            for name in ("init", "affinity"):
                if not isinstance(getattr(model, name, ""), str):
                    raise ValueError(
                        f"criterion='components' fits {SHARE:.0%} of the samples, for which {name} "
                        "must be a name, not values for all of them"
                    )

    def _components(self, model, X, y, repeat):
        rng = np.random.default_rng((self.seed, repeat))
        samples = random_samples(X.shape[0], rng)
        labels = None if y is None else np.asarray(y)[samples]
        return model.fit(X[samples], labels).components_of(-1)

    def measure(self, model, variants, X, y):
        fits = [self._components(clone(model), X, y, r) for r in range(self.repeats)]
        cosines = mean_agreements(self.repeats, lambda a, b: matched_cosine(fits[a], fits[b]))
        scores = beyond(chance(len(fits[0])), cosines)
        score, error = float(scores.mean()), agreement_error(scores)
        return [{"variant": 0, "score": score, "standard_error": error}]

    def reason(self, rows, best):
        score = tell_apart(rows[best]["score"], 1, 0, decimals=2)[0]
        how = "best between" if len(rows) > 1 else "between"
        return (
            f"Its components agree {how} {self.repeats} fits to random {SHARE:.0%} of the "
            f"samples: {score}, where 0 is chance and 1 is full."
        )
