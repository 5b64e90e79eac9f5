"""Parameters of estimators for data of which little is known."""

from sklearn.utils._param_validation import StrOptions

from dsnmf.estimators.parameters.parameter import AT_LEAST_0, Parameter, none_of, one_of

OF_KNOWN_ENTRIES = {
    "l2": Parameter(
        "float >= 0",
        """
        The penalty's weight, see above; 0 for none. It keeps models of few known entries from
        fitting noise, and `transform` obeys it. With l2 > 0, or absent="unknown", any solver is
        alternating ridge regressions (Zhou et al. 2008) with H >= 0: Z is the best for H, which
        moves by coordinate descent; time and memory of a fit are in proportion to the known
        entries, and the cost never rises. For X in memory, dense, or sparse with
        absent="unknown".""",
        [AT_LEAST_0],
        needs_memory=none_of(0),
        in_streams=(0,),
    ),
    "absent": Parameter(
        '{"zero", "unknown"}',
        """
        What the entries are that a sparse X does not store. "unknown": as NaN in a dense X, in
        `transform` and `score` too; stored zeros are zeros. A fit needs X in memory, or files of
        one block.""",
        [StrOptions({"zero", "unknown"})],
        needs_memory=one_of("unknown"),
        in_streams=("zero",),
    ),
}
