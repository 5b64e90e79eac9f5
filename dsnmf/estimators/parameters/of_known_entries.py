"""Parameters for data with few known entries."""

from sklearn.utils._param_validation import StrOptions

from dsnmf.estimators.parameters.parameter import AT_LEAST_0, Parameter, none_of, one_of

OF_KNOWN_ENTRIES = {
    "l2": Parameter(
        "float >= 0",
        """
        Weight of the penalty, see above; 0 for none. It keeps models of few known entries from
        fitting noise. `transform` applies it too. With l2 > 0 or absent="unknown", every solver
        becomes alternating ridge regression (Zhou et al. 2008) with H >= 0: each iteration solves
        for Z exactly and moves H by coordinate descent. Time and memory of a fit are proportional
        to the number of known entries, and the cost never rises. X must be in memory: dense, or
        sparse with absent="unknown".""",
        [AT_LEAST_0],
        needs_memory=none_of(0),
        in_streams=(0,),
    ),
    "absent": Parameter(
        '{"zero", "unknown"}',
        """
        Meaning of the entries that a sparse X does not store. "zero": zeros. "unknown": like NaN in
        a dense X, in `transform` and `score` too; stored zeros are zeros. A fit then needs X in
        memory, or files of one block.""",
        [StrOptions({"zero", "unknown"})],
        needs_memory=one_of("unknown"),
        in_streams=("zero",),
    ),
}
