"""The same factorisation in blocks on a local Dask cluster: equal singular values, time and memory.

    pip install -e ".[cluster]"
    python benchmarks/06_cluster_svd.py

Writes benchmarks/06_cluster_svd.md. Takes about two minutes on two processor cores.
"""

import importlib.util
import os
import platform
import sys
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.sparse.linalg import svds

from course_utils import cluster, models, recommendation
from course_utils.files import write_atomically


def film_rows(start: int, stop: int) -> np.ndarray:
    """Residuals of users `start` to `stop`, unknown cells 0, dense."""
    return residuals()[start:stop].toarray()


@lru_cache  # once a process: each pass asks for every block anew
def residuals():
    ratings = models.prepare_film_ratings()
    table = ratings.table(np.arange(len(ratings.user)))
    return recommendation.residual_table(table, recommendation.fit_biases(table))


def large_rows(start: int, stop: int) -> np.ndarray:
    """Rows of a made-up table of 20,000 × 4,000 with twenty strong directions; no process ever holds all of it."""
    strengths = np.linspace(3, 1, 20)
    right = np.random.default_rng(0).standard_normal((20, 4000)) * strengths[:, None]
    rows = [np.random.default_rng([1, row]) for row in range(start, stop)]
    left = np.array([generator.standard_normal(20) for generator in rows])
    noise = np.random.default_rng([2, start]).standard_normal((stop - start, 4000))
    return left @ right + noise


def main() -> int:
    if importlib.util.find_spec("distributed") is None:
        print('Dask is not installed. It is an extra of the course: pip install -e ".[cluster]"', file=sys.stderr)
        return 1
    started = time.perf_counter()
    by_scipy = svds(residuals(), k=10, v0=np.ones(671), return_singular_vectors=False)[::-1]
    scipy_seconds = time.perf_counter() - started
    started = time.perf_counter()
    by_cluster = cluster.blockwise_svd(film_rows, (671, 9066), rows_a_block=168, rank=10, iterations=12)
    cluster_seconds = time.perf_counter() - started
    difference = np.abs(by_cluster.values / by_scipy - 1).max()
    assert difference < 1e-3, f"the singular values differ by {difference:.1e}"

    started = time.perf_counter()
    large = cluster.blockwise_svd(large_rows, (20_000, 4_000), rows_a_block=2_000, rank=10)
    large_seconds = time.perf_counter() - started
    started = time.perf_counter()
    whole = np.concatenate([large_rows(start, start + 2_000) for start in range(0, 20_000, 2_000)])
    squares = np.linalg.eigvalsh(whole.T @ whole)[::-1][:10]  # the exact values, from the smaller side
    whole_seconds = time.perf_counter() - started
    large_difference = np.abs(large.values / np.sqrt(squares) - 1).max()
    assert large_difference < 1e-3, f"the singular values differ by {large_difference:.1e}"

    lines = [
        f"| {name} | {blocks} | {on_cluster:.1f} s | {alone:.1f} s ({how}) | {relative:.0e} of its size |"
        for name, blocks, on_cluster, alone, how, relative in [
            (
                "residuals of MovieLens, 671 × 9,066",
                by_cluster.blocks,
                cluster_seconds,
                scipy_seconds,
                "sparse `svds`",
                difference,
            ),
            (
                "made up, 20,000 × 4,000, 640 MB",
                large.blocks,
                large_seconds,
                whole_seconds,
                "eigenvalues of AᵀA",
                large_difference,
            ),
        ]
    ]
    page = f"""# The SVD in blocks, on a local cluster

Made by `python benchmarks/06_cluster_svd.py` on {os.cpu_count()} cores, {platform.machine()}. Dask's `svd_compressed`
(Halko, Martinsson and Tropp, 2011) on two worker processes; the start of the cluster is part of the time.

| table | blocks | on the cluster | in one process | largest difference of ten singular values |
|---|---|---|---|---|
{chr(10).join(lines)}

The result is the same; the time is not the reason to use it here. A cluster is worth its start-up once the table does
not fit into one machine: a worker makes a block, here 64 MB of 640, uses it and drops it, and makes it anew in the
next pass.
"""
    write_atomically(Path(__file__).with_suffix(".md"), page)
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
