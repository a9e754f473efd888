"""Counting values in bins: what numpy counts, and one bin where it cannot."""

import warnings

import numpy as np
import pytest
from histogram import histogram


def test_values_are_counted_in_bins_of_one_width() -> None:
    counts, edges = histogram([0.0, 1.0, 1.5, 4.0], bins=4)
    assert counts.tolist() == [1, 2, 0, 1]
    assert edges.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "values", [[1.0, np.nextafter(1.0, 2)], [-1.7e308, 1.7e308], [5e-324, 1e-323]]
)
def test_where_no_edges_fit_between_there_is_one_bin(values: list[float]) -> None:
    with warnings.catch_warnings(action="error"):
        counts, edges = histogram(values, bins=24)
    assert counts.tolist() == [2]
    assert edges.tolist() == values
