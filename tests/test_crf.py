"""The conditional random field against brute force: every label sequence written out."""

from itertools import pairwise, product

import pytest
import torch

from sksequence.modules import (
    Chain,
    ChainLoss,
    StepLoss,
    log_marginals,
    log_partition,
    log_step_proba,
    path_score,
    viterbi,
)

N_LABELS = 3
LENGTHS = torch.tensor([4, 1, 3, 2])


def make_chain(dtype=torch.float64, seed=0, scale=2.0):
    """A field with random scores over four sequences of 1 to 4 steps."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return scale * torch.randn(*shape, generator=generator, dtype=dtype)

    return Chain(draw(4, 4, N_LABELS), draw(N_LABELS, N_LABELS), draw(N_LABELS), draw(N_LABELS))


def score_by_hand(chain, i, path):
    total = chain.first[path[0]] + chain.last[path[-1]]
    total = total + sum(chain.emissions[i, t, label] for t, label in enumerate(path))
    return total + sum(chain.transitions[a, b] for a, b in pairwise(path))


def all_paths(chain, i):
    """Every label sequence of sequence i with its score."""
    paths = list(product(range(N_LABELS), repeat=int(LENGTHS[i])))
    return paths, torch.stack([score_by_hand(chain, i, path) for path in paths])


def padded(path, length=4):
    return [*path, *[path[-1]] * (length - len(path))]


def test_path_score_is_the_sum_of_its_parts():
    chain = make_chain()
    for i in range(4):
        paths, scores = all_paths(chain, i)
        for path, score in list(zip(paths, scores, strict=True))[:9]:
            labels = torch.tensor([padded(path)] * 4)
            torch.testing.assert_close(path_score(chain, labels, LENGTHS)[i], score)


@pytest.mark.parametrize("seed", range(3))
def test_partition_sums_over_all_paths(seed):
    chain = make_chain(seed=seed)
    expected = torch.stack([all_paths(chain, i)[1].logsumexp(0) for i in range(4)])
    torch.testing.assert_close(log_partition(chain, LENGTHS), expected)


@pytest.mark.parametrize("seed", range(3))
def test_viterbi_finds_the_best_path(seed):
    chain = make_chain(seed=seed)
    found = viterbi(chain, LENGTHS)
    for i, length in enumerate(LENGTHS):
        paths, scores = all_paths(chain, i)
        assert tuple(found[i, :length].tolist()) == paths[int(scores.argmax())]


@pytest.mark.parametrize("seed", range(3))
def test_marginals_sum_the_paths_through_each_label(seed):
    chain = make_chain(seed=seed)
    found = log_marginals(chain, LENGTHS).exp()
    for i, length in enumerate(LENGTHS):
        paths, scores = all_paths(chain, i)
        probability = scores.softmax(0)
        for t, label in product(range(int(length)), range(N_LABELS)):
            expected = sum(p for p, path in zip(probability, paths, strict=True) if path[t] == label)
            torch.testing.assert_close(found[i, t, label], expected)


@pytest.mark.parametrize("seed", range(3))
def test_a_step_given_the_one_before_sums_the_paths_through_both(seed):
    chain = make_chain(seed=seed)
    for true in product(range(N_LABELS), repeat=2):
        labels = torch.tensor([padded(true[:1] + true)] * 4)
        found = log_step_proba(chain, labels, LENGTHS).exp()
        for i, length in enumerate(LENGTHS):
            paths, scores = all_paths(chain, i)
            probability = scores.softmax(0)

            fits = torch.tensor([[label == labels[i, t] for t, label in enumerate(path)] for path in paths])

            def mass(*steps, fits=fits, probability=probability):
                """Of all paths with the true labels at these steps."""
                return probability[fits[:, list(steps)].all(1)].sum()

            torch.testing.assert_close(found[i, 0], mass(0))
            for t in range(1, int(length)):
                torch.testing.assert_close(found[i, t], mass(t - 1, t) / mass(t - 1))
            assert (found[i, length:] == 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_weighted_loss_by_hand(seed):
    chain, weight = make_chain(seed=seed), torch.tensor([0.5, 1.0, 4.0], dtype=torch.float64)
    labels = torch.tensor([[0, 1, 2, 1], [2, 0, 0, 0], [1, 1, 0, 2], [2, 0, 1, 1]])
    losses, counts = ChainLoss(weight)(chain, labels, LENGTHS)
    for i, length in enumerate(LENGTHS.tolist()):
        true = tuple(labels[i, :length].tolist())
        paths, scores = all_paths(chain, i)
        probability = scores.softmax(0)
        begins = [
            probability[torch.tensor([path[: t + 1] == true[: t + 1] for path in paths])].sum().log()
            for t in range(length)
        ]
        steps = [begins[0], *(b - a for a, b in pairwise(begins))]  # given all labels before
        expected = -sum(weight[label] * step for label, step in zip(true, steps, strict=True))
        torch.testing.assert_close(losses[i], expected)
        torch.testing.assert_close(counts[i], weight[list(true)].sum())


def test_equal_weights_scale_the_loss_of_the_field():
    chain, labels = make_chain(), torch.tensor([[0, 1, 2, 1], [2, 2, 2, 2], [1, 1, 0, 0], [2, 0, 0, 0]])
    plain, steps = ChainLoss()(chain, labels, LENGTHS)
    weighted, counts = ChainLoss(torch.full((N_LABELS,), 3.0, dtype=torch.float64))(chain, labels, LENGTHS)
    torch.testing.assert_close(weighted, 3 * plain)
    torch.testing.assert_close(counts, 3 * steps.double())


def test_without_transitions_the_weighted_loss_is_that_of_single_steps():
    zero = torch.zeros(N_LABELS, dtype=torch.float64)
    chain = make_chain()._replace(transitions=zero.expand(N_LABELS, -1), first=zero, last=zero)
    labels = torch.tensor([[0, 1, 2, 1], [2, 2, 2, 2], [1, 1, 0, 0], [2, 0, 0, 0]])
    weight = torch.tensor([0.5, 1.0, 4.0], dtype=torch.float64)
    found, expected = (
        ChainLoss(weight)(chain, labels, LENGTHS),
        StepLoss(weight)(chain.emissions, labels, LENGTHS),
    )
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_marginals_are_the_gradient_of_the_partition():
    chain = make_chain()
    emissions = chain.emissions.clone().requires_grad_()
    log_partition(chain._replace(emissions=emissions), LENGTHS).sum().backward()
    inside = (torch.arange(4) < LENGTHS.unsqueeze(1)).unsqueeze(2)
    torch.testing.assert_close(emissions.grad, log_marginals(chain, LENGTHS).exp() * inside)


@pytest.mark.parametrize("weight", [None, torch.tensor([0.5, 1.0, 4.0], dtype=torch.float64)])
def test_loss_passes_gradcheck(weight):
    chain = make_chain(scale=1.0)
    labels = torch.tensor([[0, 1, 2, 1], [2, 2, 2, 2], [1, 1, 0, 0], [2, 0, 0, 0]])

    def loss(*scores):
        return ChainLoss(weight)(Chain(*scores), labels, LENGTHS)[0]

    assert torch.autograd.gradcheck(loss, tuple(score.requires_grad_() for score in chain))


def test_padding_is_never_read():
    chain = make_chain()
    inside = (torch.arange(4) < LENGTHS.unsqueeze(1)).unsqueeze(2)
    other = chain._replace(emissions=torch.where(inside, chain.emissions, 1e6))
    labels = torch.tensor([[0, 1, 2, 1], [2, 0, 1, 2], [1, 1, 0, 0], [2, 0, 0, 1]])
    weighted = ChainLoss(torch.tensor([0.5, 1.0, 4.0], dtype=torch.float64))
    for function in (
        log_partition,
        lambda c, n: path_score(c, labels, n),
        lambda c, n: log_step_proba(c, labels, n),
        lambda c, n: weighted(c, labels, n)[0],
    ):
        torch.testing.assert_close(function(other, LENGTHS), function(chain, LENGTHS))
    for function in (log_marginals, viterbi):
        for mine, theirs, n in zip(function(other, LENGTHS), function(chain, LENGTHS), LENGTHS, strict=True):
            torch.testing.assert_close(mine[:n], theirs[:n])


def test_huge_scores_stay_finite():
    chain = make_chain(dtype=torch.float32, scale=300.0)
    chain.transitions[0, 1] = -1e9  # as good as forbidden
    assert log_partition(chain, LENGTHS).isfinite().all()
    marginals = log_marginals(chain, LENGTHS).exp()
    torch.testing.assert_close(marginals.sum(2), torch.ones(4, 4))
    path = viterbi(chain, LENGTHS)
    assert not ((path[:, :-1] == 0) & (path[:, 1:] == 1))[0].any()


def test_without_transitions_steps_are_independent():
    zero = torch.zeros(N_LABELS, dtype=torch.float64)
    chain = make_chain()._replace(transitions=zero.expand(N_LABELS, -1), first=zero, last=zero)
    inside = torch.arange(4) < LENGTHS.unsqueeze(1)
    expected = chain.emissions.log_softmax(2)
    torch.testing.assert_close(log_marginals(chain, LENGTHS)[inside], expected[inside])
    assert torch.equal(viterbi(chain, LENGTHS)[inside], chain.emissions.argmax(2)[inside])
