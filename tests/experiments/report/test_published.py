"""The published numbers, as the papers print them."""

from dsnmf.experiments.report.published import icml2014


def test_published_numbers():
    curves = icml2014()
    assert len(curves) == 48 + 24
    assert all(list(curve) == list(range(20, 71, 5)) for curve in curves.values())
    assert curves["CMU PIE", "pixels", "error", "Semi-NMF"][20] == 9.14
    assert curves["CMU Multi-PIE", "pixels", "AC", "Deep Semi-NMF"][70] == 0.1717
    assert all(
        (0 < value < 1) == (metric != "error") or "IGO" in (features, metric)
        for (_, features, metric, _), curve in curves.items()
        for value in curve.values()
    )
