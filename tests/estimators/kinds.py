"""One estimator of every kind, run neither rewritten nor compiled, which would take most time."""

from pytensor.compile.mode import Mode, register_mode
from pytensor.link.vm import VMLinker

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF

register_mode("PLAIN", Mode(linker=VMLinker(use_cloop=False, c_thunks=False), optimizer=None))
PLAIN = {"mode": "PLAIN"}
ESTIMATORS = {
    "SemiNMF": SemiNMF(3, **PLAIN),
    "SemiNMF-bcd": SemiNMF(3, solver="bcd", max_iter=30, **PLAIN),
    "WSF": WSF(3, **PLAIN),
    "DeepSemiNMF": DeepSemiNMF((5, 3), max_iter=300, **PLAIN),
    "DeepSemiNMF-multiplicative": DeepSemiNMF((5, 3), solver="multiplicative", **PLAIN),
    "DeepSemiNMF-softplus": DeepSemiNMF(
        (5, 3), solver="multiplicative", nonlinearity="softplus", max_iter=20, **PLAIN
    ),
    "DeepWSF": DeepWSF((5, 3), **PLAIN),
}
