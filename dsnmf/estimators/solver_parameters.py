"""The parameter that names the solver, class by class; a part of `dsnmf.estimators.parameters`."""

from sklearn.utils._param_validation import StrOptions

from dsnmf.estimators.parameter import Parameter

SOLVERS = {
    "SemiNMF.solver": Parameter(
        '{"multiplicative", "hals", "bcd"}',
        """
        The multiplicative rule of Ding et al. 2010; or hierarchical alternating least squares with
        extrapolation, which decreases many times as fast, see `dsnmf.solvers.hals.HALS`; or plain
        block coordinate descent (Gillis & Kumar 2014). `partial_fit` makes the same steps with
        "hals" as with "multiplicative".""",
        [StrOptions({"multiplicative", "hals", "bcd"})],
        in_streams=("multiplicative", "hals"),
    ),
    "solver": Parameter(
        '{"multiplicative", "hals"}',
        """
        The authors' multiplicative rules, or hierarchical alternating least squares, see
        `dsnmf.solvers.hals.HALS`.""",
        [StrOptions({"multiplicative", "hals"})],
    ),
    "DeepSemiNMF.solver": Parameter(
        '{"adam", "multiplicative", "hals"}',
        """
        "adam" is the model of the authors' Theano code, see `dsnmf.DSNMF`: Σ (Xᵀ - X̂)² over all
        Z_i and H_m, with relu around H_m. "multiplicative" minimises ½‖Xᵀ - X̂‖²_F by Algorithm 1
        of the ICML paper, or, with a nonlinearity, by the authors' rules for that. "hals" takes the
        linear model alone, and decreases many times as fast, see `dsnmf.solvers.hals.HALS`.""",
        [StrOptions({"adam", "multiplicative", "hals"})],
        in_streams=("multiplicative", "hals"),
    ),
}
