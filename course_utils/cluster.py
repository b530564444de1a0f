"""The singular value decomposition of a table in blocks, on as many processes or machines as there are, by Dask.

Dask is an optional extra: `pip install -e ".[cluster]"`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class BlockwiseSvd(NamedTuple):
    """The largest singular values, the first rows of Vᵀ, and how many blocks the table was cut into."""

    values: np.ndarray  # (rank,), largest first
    right: np.ndarray  # (rank, columns)
    blocks: int


def blockwise_svd(
    make_rows: Callable[[int, int], np.ndarray],
    shape: tuple[int, int],
    rows_a_block: int,
    rank: int,
    workers: int = 2,
    iterations: int = 4,
    seed: int = 0,
) -> BlockwiseSvd:
    """Factorise a table that need not fit into one machine's memory.

    A local cluster of `workers` processes makes the blocks, multiplies them with a few random vectors and throws them
    away again (Halko, Martinsson and Tropp, 2011, "Finding structure with randomness", algorithm 4.4). Each pass makes
    them anew, which costs time and saves memory. With `Client(ADDRESS)` in the place of the local cluster, the same
    lines run on many machines.

    Args:
        make_rows: a function that can be pickled, `make_rows(start, stop)` returns those rows as a dense array.
        shape: of the whole table.
        rows_a_block: rows that a worker holds at a time.
        rank: singular values wanted.
        workers: processes, one thread each.
        iterations: of the power method; more bring the smaller values closer.
        seed: of the random vectors.

    Raises:
        ImportError: Dask is not installed; the message tells how to install it.
    """
    try:
        import dask.array
        from dask.distributed import Client, LocalCluster
    except ImportError:
        raise ImportError('Dask is not installed. It is an extra of the course: pip install -e ".[cluster]"') from None
    starts = range(0, shape[0], rows_a_block)
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        blocks = [
            dask.array.from_delayed(
                dask.delayed(make_rows)(start, min(start + rows_a_block, shape[0])),
                shape=(min(start + rows_a_block, shape[0]) - start, shape[1]),
                dtype=float,
            )
            for start in starts
        ]
        table = dask.array.concatenate(blocks, axis=0)
        _, values, right = dask.array.linalg.svd_compressed(
            table, k=rank, iterator="QR", n_power_iter=iterations, n_oversamples=20, seed=seed, compute=True
        )
        values, right = client.gather(client.compute([values, right]))
    return BlockwiseSvd(np.asarray(values), np.asarray(right), len(starts))
