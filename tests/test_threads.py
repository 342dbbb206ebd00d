"""How many threads a network takes, and that nobody can tell from its results."""

import os
import threading
import time

import numpy as np
import pytest
import torch
from test_kernels import LAYERS, first_state, pair, results

from sksequence import LSTMClassifier, LSTMTagger
from sksequence.modules import kernels, sharing, single_thread, threads

N_THREADS = [1, 2, 3]


@pytest.fixture(autouse=True)
def _plenty(monkeypatch):
    """Threads and pieces that pay for any work, and torch's own layers."""
    monkeypatch.setattr(threads, "_WORTH_A_THREAD", 1)
    monkeypatch.setattr(sharing, "_WORTH_A_PIECE", 1)
    monkeypatch.setattr(sharing, "_PIECE_ROWS", 4)
    monkeypatch.setattr(kernels, "_fused", lambda: None)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def taken(monkeypatch):
    """Numbers of parts and threads of which layers make use."""
    numbers = []

    def noting(compute, n_parts, n_threads):
        numbers.append((n_parts, n_threads))
        return threads.share(compute, n_parts, n_threads)

    monkeypatch.setattr(sharing, "share", noting)
    return numbers


@pytest.fixture
def by_torch(monkeypatch):
    """Layers that all leave their work to torch's."""
    monkeypatch.setattr(kernels, "_WIDEST", dict.fromkeys(kernels._WIDEST, 0))


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_have_the_same_bits_on_any_number_of_threads(kind, by_torch, taken):
    generator = torch.Generator().manual_seed(0)
    layer, twin = pair(kind, 3, 24, generator)
    x, first = torch.randn(20, 11, 3, generator=generator), first_state(kind, 20, 24, generator)
    weight = torch.randn(20, 11, 24, generator=generator)
    found = []
    for n_threads in N_THREADS:
        torch.set_num_threads(n_threads)
        with single_thread():
            found.append(results(layer, x, first, weight))
            assert torch.get_num_threads() == 1
            with torch.inference_mode():
                found[-1].append(layer(x, first)[0])
    expected = results(twin, x, first, weight)
    for others in found[1:]:
        assert all(map(torch.equal, found[0], others))
    for ours, theirs in zip(found[0], [*expected, expected[0]], strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    there_and_back = [pair for pair in taken if pair[0] == 5]
    assert there_and_back[:2] == [(5, 1)] * 2
    assert (5, N_THREADS[-1]) in there_and_back
    assert (N_THREADS[-2], N_THREADS[-2]) in taken, "a prediction is cut for threads alone"


@pytest.mark.parametrize("learning", [True, False])
@pytest.mark.parametrize("n_threads", N_THREADS)
@pytest.mark.parametrize("kind", LAYERS)
def test_pieces_end_with_their_longest_row(kind, n_threads, learning, by_torch, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    layer, twin = pair(kind, 3, 5, generator)
    lengths = torch.randint(1, 12, (23,), generator=generator).sort().values
    valid = (torch.arange(12) < lengths.unsqueeze(1)).unsqueeze(-1)
    x = torch.randn(23, 12, 3, generator=generator)
    weight = torch.randn(23, 12, 5, generator=generator) * valid
    torch.set_num_threads(n_threads)
    with single_thread(), torch.set_grad_enabled(learning):
        found = [one(x, None, *more)[0] for one, more in ((layer, [lengths]), (twin, []))]
        torch.testing.assert_close(found[0] * valid, found[1] * valid, atol=1e-6, rtol=1e-5)
        if n_threads > 1 or learning:
            assert (found[0][0, lengths[4] + 6 :] == 0).all()
        if learning:
            ours, theirs = (
                torch.autograd.grad(states, one.parameters(), weight)
                for states, one in zip(found, (layer, twin), strict=True)
            )
            for by, expected in zip(ours, theirs, strict=True):
                torch.testing.assert_close(by, expected, atol=1e-5, rtol=1e-5)


def test_helpers_take_over_the_modes_of_their_caller():
    def modes():
        lower = torch.is_autocast_enabled("cpu")
        return torch.is_grad_enabled(), torch.is_inference_mode_enabled(), lower, torch.get_num_threads()

    def seen():
        found = [None] * 3
        barrier = threading.Barrier(3)

        def one(i):
            barrier.wait()  # each has a thread of its own
            found[i] = modes(), threading.get_ident()

        threads.share(one, 3, 3)
        assert len({ident for _, ident in found}) == 3
        return {mode for mode, _ in found}

    torch.set_num_threads(3)
    assert seen() == {modes()} == {(True, False, False, 3)}
    torch.set_num_threads(1)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        assert seen() == {modes()} == {(False, False, True, 1)}
    with torch.inference_mode():
        assert seen() == {modes()} == {(False, True, False, 1)}


def test_a_failure_waits_for_all_and_is_told():
    done = []

    def one(i):
        if i == 0:
            raise KeyboardInterrupt
        time.sleep(0.05)
        done.append(i)

    with pytest.raises(KeyboardInterrupt):
        threads.share(one, 3, 3)
    assert sorted(done) == [1, 2]

    def other(i):
        if i:
            raise ValueError("of a helper")

    with pytest.raises(ValueError, match="of a helper"):
        threads.share(other, 2, 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="This system has no fork.")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_has_helpers_of_its_own():
    def one(i):
        barrier.wait(timeout=20)

    barrier = threading.Barrier(2)
    threads.share(one, 2, 2)
    child = os.fork()
    if not child:
        barrier = threading.Barrier(2)
        code = 1
        try:
            threads.share(one, 2, 2)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_little_work_and_workers_take_one_thread(monkeypatch):
    torch.set_num_threads(3)
    assert threads.threads_for(1) == 3, "whoever runs a network without an estimator chooses"
    with single_thread():
        assert threads.threads_for(10) == 3
        found = []
        worker = threading.Thread(target=lambda: found.append(threads.threads_for(10)))
        worker.start()
        worker.join()
        assert found == [1]
        with monkeypatch.context() as patch:
            patch.setattr(threads.multiprocessing, "parent_process", object)
            assert threads.threads_for(10) == 1
        monkeypatch.setattr(threads, "_WORTH_A_THREAD", 4)
        assert [threads.threads_for(work) for work in (1, 8, 100)] == [1, 2, 3]


@pytest.mark.parametrize(
    "options", [{}, {"bidirectional": True}, {"num_layers": 2}, {"precision": "bfloat16"}]
)
@pytest.mark.filterwarnings("ignore:.*this processor does not compute in it")
def test_a_fit_gives_the_same_weights_on_any_number_of_threads(options, taken):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 3)) for length in rng.integers(5, 30, size=40)]
    y = rng.integers(0, 2, size=40)
    found = []
    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        model = LSTMClassifier(hidden_size=16, max_epochs=2, random_state=0, **options).fit(X, y)
        found.append(model.predict_proba(X))
        assert torch.get_num_threads() == n_threads
    assert np.array_equal(*found)
    assert {n_threads for _, n_threads in taken} == {1, 2}


@pytest.mark.parametrize("kind", LAYERS)
def test_two_backward_passes_over_one_graph_agree(kind, by_torch, taken):
    layer, _ = pair(kind, 3, 8, torch.Generator().manual_seed(0))
    torch.set_num_threads(2)
    x = torch.linspace(-1, 1, 8 * 5 * 3).view(8, 5, 3).requires_grad_()
    with single_thread():
        total = layer(x)[0].square().sum()
        first = torch.autograd.grad(total, [x, *layer.parameters()], retain_graph=True)
        assert all(map(torch.equal, first, torch.autograd.grad(total, [x, *layer.parameters()])))
        with pytest.raises(RuntimeError, match="second time"):
            torch.autograd.grad(total, x)
    assert taken


@pytest.mark.parametrize("kind", LAYERS)
def test_second_derivatives_are_those_of_torch(kind, by_torch):
    layer, twin = pair(kind, 3, 8, torch.Generator().manual_seed(0))
    x = torch.linspace(-1, 1, 8 * 5 * 3).view(8, 5, 3).requires_grad_()
    found = []
    for one in (layer, twin):
        with single_thread():
            (by_x,) = torch.autograd.grad(one(x)[0].square().sum(), x, create_graph=True)
            found.append(torch.autograd.grad(by_x.square().sum(), [x, *one.parameters()]))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("function", ["softmax", "sigmoid"])
def test_probabilities_take_one_thread(function, monkeypatch):
    # Threads of OpenMP do not survive a fork, and a worker that waits for them waits for ever.
    seen, torchs = [], getattr(torch.Tensor, function)

    def noting(*arguments, **options):
        seen.append(torch.get_num_threads())
        return torchs(*arguments, **options)

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 5, 2)), np.arange(12) % 2
    tasks = [(LSTMClassifier, y), (LSTMTagger, y[:, None].repeat(5, axis=1))]
    if function == "sigmoid":
        tasks = [(LSTMClassifier, np.stack([y, 1 - y], axis=1))]
    torch.set_num_threads(2)
    for kind, labels in tasks:
        model = kind(max_epochs=1, hidden_size=2).fit(X, labels)
        with monkeypatch.context() as patch:
            patch.setattr(torch.Tensor, function, noting)
            model.predict_proba(X)
    assert seen == [1] * len(tasks)
    assert torch.get_num_threads() == 2
