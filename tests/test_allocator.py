"""Memory between batches: kept while wanted, given back at the end, and never a change of results."""

import gc
import threading

import numpy as np
import pytest
import torch

from sksequence import LSTMClassifier
from sksequence.engine import allocator
from sksequence.engine.allocator import kept_memory, returned_memory

resource = pytest.importorskip("resource", reason="Pages are counted on Unix only.")
MIB = 1 << 20
needs_glibc = pytest.mark.skipif(allocator._glibc() is None, reason="Only glibc has thresholds to raise.")


def resident():
    """Bytes of the process that lie in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def use_and_free(n_bytes):
    array = np.ones(n_bytes // 8)
    del array


@needs_glibc
def test_freed_memory_stays_inside_and_is_given_back_by_the_last_user():
    gc.collect()
    with kept_memory():
        before = resident()
        with kept_memory():
            use_and_free(200 * MIB)
        assert resident() - before > 190 * MIB  # the inner user was not the last
    assert resident() - before < 20 * MIB


@needs_glibc
def test_large_arrays_are_given_back_at_once_unless_somebody_keeps_memory():
    gc.collect()
    with returned_memory():
        before = resident()
        use_and_free(20 * MIB)
        assert resident() - before < 10 * MIB
        with kept_memory():
            use_and_free(200 * MIB)
            assert resident() - before > 190 * MIB
        assert resident() - before < 20 * MIB


@needs_glibc
def test_unwanted_it_does_nothing():
    before = resident()
    with kept_memory(False):
        use_and_free(200 * MIB)
        assert resident() - before < 20 * MIB


@needs_glibc
def test_an_error_inside_lowers_the_thresholds_too():
    def fail():
        with pytest.raises(ValueError, match="inside"), kept_memory():
            raise ValueError("inside")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    before = resident()
    use_and_free(200 * MIB)
    assert resident() - before < 20 * MIB


@pytest.mark.parametrize("variable", ["MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"])
def test_thresholds_that_the_user_set_are_left_alone(variable, monkeypatch):
    allocator._glibc.cache_clear()
    monkeypatch.setenv(variable, "glibc.malloc.trim_threshold=1000000")
    try:
        assert allocator._glibc() is None
        with kept_memory():
            assert allocator._keeping == 0
    finally:
        allocator._glibc.cache_clear()


@needs_glibc
def test_a_fit_asks_for_fewer_pages_and_gives_the_same_weights(rng):
    X = rng.normal(size=(96, 300, 2)).astype(np.float32)
    y = rng.integers(0, 2, size=96)
    results = {}
    for kept in (False, True):
        model = LSTMClassifier(
            hidden_size=128, batch_size=96, patch_size=1, max_epochs=4, random_state=0, keep_memory=kept
        )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        model.fit(X, y)
        pages = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        results[kept] = pages, torch.cat([p.flatten() for p in model.net_.module_.parameters()])
    assert results[True][0] < 0.6 * results[False][0]
    assert torch.equal(results[True][1], results[False][1])
