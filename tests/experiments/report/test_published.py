"""The published numbers, as the papers print them."""

from dsnmf.experiments.report.published import LATER_COMPONENTS, dgsnmf2020, icml2014


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


def test_numbers_of_the_later_paper():
    curves = dgsnmf2020()
    assert len(curves) == 2 * (5 + 3)
    assert all(tuple(curve) == LATER_COMPONENTS for curve in curves.values())
    assert all(0.3 < value < 1 for curve in curves.values() for value in curve.values())
    assert curves["orl", "nmi", "Deep Semi-NMF"][70] == 0.665
