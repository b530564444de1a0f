"""course_utils.cluster: the blockwise decomposition has the singular values of the whole table."""

from functools import partial

import numpy as np
import pytest

from course_utils import cluster


def low_rank_rows(start, stop, columns=300):
    """Rows of one table, whichever block they are made for."""
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(1000, 8)), rng.normal(size=(8, columns))
    noise = [np.random.default_rng([1, row]).normal(0, 0.05, columns) for row in range(start, stop)]
    return left[start:stop] @ right + np.array(noise)


@pytest.mark.notebook
def test_singular_values_equal_those_of_the_whole_table():
    pytest.importorskip("dask.distributed", reason='the optional extra is missing: pip install -e ".[cluster]"')
    found = cluster.blockwise_svd(low_rank_rows, (1000, 300), rows_a_block=300, rank=5)
    _, values, right = np.linalg.svd(low_rank_rows(0, 1000), full_matrices=False)
    assert found.blocks == 4
    np.testing.assert_allclose(found.values, values[:5], rtol=1e-6)
    np.testing.assert_allclose(np.abs(np.sum(found.right * right[:5], axis=1)), 1, rtol=1e-6)
    other = np.linalg.svd(low_rank_rows(0, 700), full_matrices=False)[1]
    assert not np.allclose(found.values, other[:5], rtol=1e-6)  # a lost block would be noticed


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "dask", None)
    with pytest.raises(ImportError, match=r"pip install -e \"\.\[cluster\]\""):
        cluster.blockwise_svd(partial(low_rank_rows, columns=30), (10, 30), 5, 2)
