"""How many threads a network takes, and that nobody can tell from its results."""

import threading

import numpy as np
import pytest
import torch
from test_kernels import LAYERS, first_state, pair, results

from sksequence import LSTMClassifier
from sksequence.modules import kernels, sharing, single_thread, threads

N_THREADS = [2, 3, 5]


@pytest.fixture(autouse=True)
def _plenty(monkeypatch):
    """Threads that pay for any work, torch's own layers, and nothing tried before."""
    monkeypatch.setattr(threads, "_WORTH_A_THREAD", 1)
    monkeypatch.setattr(sharing, "_kept", {})
    monkeypatch.setattr(kernels, "_fused", lambda: None)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def taken(monkeypatch):
    """Numbers of threads of which layers make use."""
    numbers, torch_layer = [], kernels.torch_layer

    def noting(mode, n_threads, *inputs):
        if n_threads is not None:
            numbers.append(n_threads)
        return torch_layer(mode, n_threads, *inputs)

    monkeypatch.setattr(kernels, "torch_layer", noting)
    return numbers


@pytest.mark.parametrize("n_threads", N_THREADS)
@pytest.mark.parametrize("kind", LAYERS)
def test_layers_give_the_bits_of_one_thread(kind, n_threads, taken, monkeypatch):
    monkeypatch.setattr(kernels, "_WIDEST", dict.fromkeys(kernels._WIDEST, 0))
    generator = torch.Generator().manual_seed(0)
    layer, twin = pair(kind, 3, 24, generator)
    x, first = torch.randn(20, 11, 3, generator=generator), first_state(kind, 20, 24, generator)
    weight = torch.randn(20, 11, 24, generator=generator)
    expected = results(twin, x, first, weight)
    torch.set_num_threads(n_threads)
    with single_thread():
        found = results(layer, x, first, weight)
        assert torch.get_num_threads() == 1
        with torch.inference_mode():
            assert torch.equal(layer(x, first)[0], expected[0])
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.equal(ours, theirs)
    if kind == "lstm":  # whether the products of the others keep their bits is the processor's business
        assert taken == [n_threads, n_threads]


def test_a_layer_whose_bits_would_change_stays_on_one_thread(taken, monkeypatch):
    monkeypatch.setattr(kernels, "keeps_bits", lambda *_: False)
    torch.set_num_threads(2)
    layer, _ = pair("lstm", 3, 24, torch.Generator().manual_seed(0))
    with single_thread():
        layer(torch.ones(20, 11, 3))
    assert not taken


def test_a_difference_in_one_bit_is_seen(monkeypatch):
    run = sharing._run

    def rounds_elsewhere(*inputs):
        states, *last = run(*inputs)
        return (states * (1 + 1e-7 * (torch.get_num_threads() > 1)), *last)

    layer, _ = pair("lstm", 3, 24, torch.Generator().manual_seed(0))
    assert sharing.keeps_bits(layer, torch.ones(20, 11, 3), 2)
    monkeypatch.setattr(sharing, "_run", rounds_elsewhere)
    assert sharing.keeps_bits(layer, torch.ones(20, 9, 3), 2), "a length of the same order is not tried again"
    assert not sharing.keeps_bits(layer, torch.ones(20, 16, 3), 2)


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
    assert set(taken) == {2}


def test_no_second_derivative_is_made_up():
    layer, _ = pair("lstm", 3, 8, torch.Generator().manual_seed(0))
    torch.set_num_threads(2)
    x = torch.ones(4, 5, 3, requires_grad=True)
    with single_thread():
        (by_x,) = torch.autograd.grad(layer(x)[0].sum(), x, create_graph=True)
        with pytest.raises(RuntimeError):
            by_x.sum().backward()
