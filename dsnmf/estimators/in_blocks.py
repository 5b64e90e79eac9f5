"""Estimators that also fit data which are not in memory."""

import numpy as np

from dsnmf.data.store import Store
from dsnmf.estimators.base import Factorisation
from dsnmf.estimators.block_adam import AdamBlockModel
from dsnmf.estimators.block_model import BlockModel
from dsnmf.estimators.outcome import check_outcome
from dsnmf.estimators.parameters import BlockParameters
from dsnmf.estimators.start import as_random_state, check_start, given_factors
from dsnmf.estimators.trace import Trace
from dsnmf.initialisation.blockwise import blockwise_svd_start
from dsnmf.symbolic import is_linear


class BlockFactorisation(BlockParameters, Factorisation):
    """A factorisation that fits data in blocks where its rule reads them once per iteration."""

    def _needs_memory(self, y, n):
        """Why X, of n samples, cannot be fitted in blocks; None if it can."""
        if self._solver() not in ("multiplicative", "adam"):
            return f"with solver={self.solver!r}"
        if self._solver() == "multiplicative" and not is_linear(self._inner_nonlinearity()):
            return "with a nonlinearity and solver='multiplicative'"
        if isinstance(self.init, str) and self.init != "svd":
            return f"with init={self.init!r}"
        if self.compress not in ("auto", False) or getattr(self, "whiten", 0):
            return "to compress it"
        return None

    def _fit_in_blocks(self, blocks, y, layers):
        p, n = blocks.shape
        self._check_sizes(layers, n)
        with Store(self.store) as store:
            Zs, Hs = self._block_start(blocks, layers, store)
            model, trace = self._block_model(blocks, y, Zs, Hs, store), Trace()
            stopped_by, self.n_iter_ = self._run(model.step, trace, model)
            error = model.finish(Hs[:-1])
            self._keep_trace(trace)
            self._keep_of_blocks(model)
            self.H_, self.reconstruction_err_ = [H.T for H in Hs], error
            check_outcome(self, blocks.scale * float(np.sqrt(blocks.squared_norm)))
            self.H_ = [store.kept(H, f"H_{i}").T for i, H in enumerate(Hs, start=1)]
            self._raw_H = self.H_
            if model.H is not Hs[-1]:  # may be negative, where H_ is not
                self._raw_H = [*self.H_[:-1], store.kept(model.H, f"raw_H_{len(Hs)}").T]
        self.n_features_in_ = p
        vars(self).pop("feature_names_in_", None)
        return stopped_by

    def _keep_of_blocks(self, model):
        """Set what was learned, but for the features."""
        self.Z_ = model.Z_values()
        self._scale, self._nonlinearity = model.samples.scale, self._inner_nonlinearity()
        self._priors, self._ready = model.priors(), {}

    def _block_model(self, blocks, y, Zs, Hs, store):
        if self._solver() == "multiplicative":
            return BlockModel(blocks, Zs, Hs[-1], self.mode)
        return AdamBlockModel(
            blocks,
            Zs,
            Hs[-1],
            store.new,
            nonlinearity=self._inner_nonlinearity(),
            learning_rate=self.learning_rate,
            mode=self.mode,
        )

    def _block_start(self, blocks, layers, store):
        """Zs, and Hs with a row per sample."""
        p, n = blocks.shape
        if self.warm_start and hasattr(self, "H_"):
            Zs, given = self.Z_, self._raw_H
            check_start(Zs, given, (p, n), layers)
        elif isinstance(self.init, str):
            return blockwise_svd_start(
                blocks,
                layers,
                store.new,
                noise_floor=self.noise_floor,
                random_state=as_random_state(self.random_state),
                fill_zeros=self._solver() == "multiplicative",
            )
        else:
            Zs, given = given_factors(self.init, (p, n), layers)
        Hs = [store.new((n, k), blocks.dtype) for k in layers]
        for H, values in zip(Hs, given):
            for samples in blocks.slices:
                H[samples] = values[:, samples].T
        return [Zs[0] / blocks.scale, *Zs[1:]], Hs
