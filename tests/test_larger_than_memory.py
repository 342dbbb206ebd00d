"""A memory map trains and predicts without being loaded whole: what is held beside it stays small."""

import re
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from sksequence import GRUClassifier, LSTMClassifier, RNNRegressor, SequenceArray
from sksequence.engine.moments import step_moments
from sksequence.sequences import as_sequences, largest_tokens, step_blocks

N, T, F = 8192, 128, 8
SIZE = N * T * F * 4  # 32 MiB
STATUS = Path("/proc/self/status")


class Held:
    """Most memory held within a block beyond what was held before: of NumPy, and of the whole process.

    The second counts pages that belong to no file (RssAnon), for those of the map are the system's to
    take back; it is zero where the system does not tell.
    """

    def __enter__(self):
        tracemalloc.start()
        self.before = self.peak = self.anonymous()
        self.done = threading.Event()
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        return self

    def watch(self):
        while not self.done.wait(0.002):
            self.peak = max(self.peak, self.anonymous())

    def __exit__(self, *error):
        self.done.set()
        self.watcher.join()
        self.of_numpy = tracemalloc.get_traced_memory()[1]
        self.of_process = max(self.peak, self.anonymous()) - self.before
        tracemalloc.stop()

    @staticmethod
    def anonymous():
        if not STATUS.exists():
            return 0
        return int(re.search(r"RssAnon:\s+(\d+)", STATUS.read_text())[1]) * 1024


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A file of sequences, (N, T, F), whose second half has a higher mean."""
    path = tmp_path_factory.mktemp("stored") / "values.npy"
    values = np.lib.format.open_memmap(path, "w+", np.float32, (N, T, F))
    rng = np.random.default_rng(0)
    for first in range(0, N, 256):
        values[first : first + 256] = rng.standard_normal((256, T, F), dtype=np.float32)
        values[first : first + 256] += first >= N // 2
    values.flush()
    return np.load(path, mmap_mode="r")


@pytest.fixture(scope="module")
def y():
    return np.arange(N) // (N // 2)


def small(**options):
    settings = {"hidden_size": 4, "patch_size": 32, "max_epochs": 1, "batch_size": 64, "random_state": 0}
    return LSTMClassifier(**(settings | options))


def chosen(share):
    """A share of the sequences at random, as the folds of a search are."""
    return np.sort(np.random.default_rng(1).permutation(N)[: int(share * N)])


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_fit_and_predict_hold_a_batch_only(stored, y, share):
    sequences = SequenceArray(stored.reshape(N * T, F), np.arange(N) * T, np.full(N, T))
    rows = chosen(share)
    X = sequences if share == 1 else sequences[rows]
    model = small().fit(sequences[::64], y[::64])
    model.predict(sequences[:256])  # what the first calls of a process bring with them is not the data's
    with Held() as held:
        model.fit(X, y[rows])
        predicted = model.predict(X)
    assert (predicted == y[rows]).mean() > 0.9
    assert held.of_numpy < SIZE / 2.5
    assert held.of_process < SIZE


def test_three_axes_are_viewed(stored, y):
    with Held() as held:
        small(early_stopping=True).fit(stored, y)
    assert held.of_numpy < SIZE / 2.5
    assert np.shares_memory(as_sequences(stored).values, stored)


def test_folds_give_the_same_network_from_file_and_memory(stored, y):
    rows = chosen(0.05)
    from_file = small().fit(as_sequences(stored)[rows], y[rows]).predict_proba(stored[:50])
    from_memory = small().fit(np.array(stored[rows]), y[rows]).predict_proba(np.array(stored[:50]))
    np.testing.assert_array_equal(from_file, from_memory)


def test_padding_is_found_in_blocks():
    X = np.zeros((3000, 100, 4), dtype=np.float32)
    lengths = np.arange(3000) % 100 + 1
    X[np.arange(100) >= lengths[:, None]] = np.nan
    with Held() as held:
        read = as_sequences(X)
    np.testing.assert_array_equal(read.lengths, lengths)
    assert held.of_numpy < 2 * (1 << 20) * 5


def test_token_ids_keep_their_width_until_the_batch(tmp_path):
    path = tmp_path / "ids.npy"
    ids = np.lib.format.open_memmap(path, "w+", np.int32, (4_000_000, 1))
    ids[:] = np.arange(4_000_000)[:, None] % 50
    ids.flush()
    ids = np.load(path, mmap_mode="r")
    X = SequenceArray(ids, np.arange(200) * 20_000, np.full(200, 100))
    y = np.arange(200) % 2
    model = GRUClassifier(embedding_dim=4, hidden_size=4, max_epochs=1, random_state=0)
    with Held() as held:
        model.fit(X, y)
    assert held.of_numpy < ids.nbytes / 4
    as_int64 = SequenceArray(np.array(ids[:100_000], dtype=np.int64), X.starts[:5], X.lengths[:5])
    np.testing.assert_array_equal(model.predict_proba(X[:5]), model.predict_proba(as_int64))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.uint64])
def test_token_ids_of_every_integer_dtype_are_one(dtype):
    ids = np.arange(60) % 7
    y = np.arange(20) % 2
    model = RNNRegressor(embedding_dim=3, hidden_size=4, max_epochs=2, random_state=0)
    expected = model.fit(ids.reshape(20, 3), y).predict(ids.reshape(20, 3))
    narrow = ids.astype(dtype).reshape(20, 3)
    np.testing.assert_array_equal(model.fit(narrow, y).predict(narrow), expected)


def test_a_file_of_one_arrow_batch_is_viewed(tmp_path, y):
    pa = pytest.importorskip("pyarrow")
    values = np.random.default_rng(0).standard_normal(200 * 100 * 4, dtype=np.float32)
    steps = pa.FixedSizeListArray.from_arrays(pa.array(values), 4)
    column = pa.ListArray.from_arrays(pa.array(np.arange(201) * 100, pa.int32()), steps)
    table = pa.table({"values": column})
    path = str(tmp_path / "sequences.arrow")
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    before = pa.total_allocated_bytes()
    with pa.memory_map(path) as source:
        X = SequenceArray.from_arrow(pa.ipc.open_file(source).read_all()["values"])
        with Held() as held:
            small(patch_size=20).fit(X, np.arange(200) % 2)
        assert pa.total_allocated_bytes() == before
        assert held.of_numpy < values.nbytes * 4
    np.testing.assert_array_equal(X.values.ravel(), values)
    assert not X.values.flags.owndata


# ---------------------------------------------------------------------- the blocks
def views():
    """Sequences that overlap, leave gaps, come in any order, and have no steps."""
    values = np.random.default_rng(0).normal(size=(500, 3))
    starts, lengths = np.array([400, 3, 10, 60, 60, 0, 203]), np.array([90, 20, 30, 5, 0, 2, 97])
    return SequenceArray(values, starts, lengths)


@pytest.mark.parametrize("n_rows", [1, 7, 64, 1000, None])
def test_blocks_joined_are_the_covered_rows(n_rows):
    X = views()
    blocks = list(step_blocks(X, n_rows))
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), X.compact().values)
    for rows, block in blocks:
        np.testing.assert_array_equal(block, X.values[rows])
        assert len(block) <= (n_rows or len(X.values))


def test_blocks_of_no_sequences_are_none():
    assert list(step_blocks(views()[[4]])) == []


def test_moments_and_largest_are_those_of_the_covered_rows():
    X = views()
    covered = X.compact().values
    mean, deviation = step_moments(X)
    np.testing.assert_allclose(mean, covered.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation, covered.std(axis=0), rtol=1e-12)
    some = step_moments(X, [2, 0])
    np.testing.assert_array_equal(some, (mean[[2, 0]], deviation[[2, 0]]))
    np.testing.assert_array_equal(largest_tokens(X), covered.max(axis=0))


def test_columns_of_ids_are_read_in_a_fold_as_well():
    rng = np.random.default_rng(0)
    X = np.stack([rng.integers(0, 5, (40, 6)), rng.normal(size=(40, 6))], axis=2)
    y = np.arange(40) % 2
    fold = np.arange(10, 30)
    model = LSTMClassifier(token_features=[0], embedding_dim=3, max_epochs=2, random_state=0)
    of_view = model.fit(as_sequences(X)[fold], y[fold]).predict_proba(X)
    np.testing.assert_array_equal(of_view, model.fit(X[fold], y[fold]).predict_proba(X))
