"""The shorter way through a step of AdamW takes the same step."""

import pytest
import torch

from sksequence.engine.optimizer import MatrixDecay


def weights_after(method, n_steps=4, listen=False, late=False, **options):
    """Weights after some steps, and how often somebody was told of one."""
    generator, heard = torch.Generator().manual_seed(0), []
    weights = [
        torch.randn(shape, generator=generator, requires_grad=True) for shape in ((3, 2), (3,), (2, 3))
    ]
    optimizer = MatrixDecay([{"params": weights}], lr=0.1, weight_decay=0.1, **options)
    if listen:
        optimizer.register_step_post_hook(lambda *_: heard.append(1))

    def closure():
        with torch.enable_grad():
            optimizer.zero_grad()
            used = weights[: 2 if late and len(losses) < 2 else 3]
            loss = sum((weight - 1).square().sum() for weight in used)
            loss.backward()
            return loss.detach()

    losses = []
    for _ in range(n_steps):
        losses.append(getattr(optimizer, method)(closure))
    return [*weights, *losses], len(heard)


@pytest.mark.parametrize(
    "options",
    [{}, {"amsgrad": True}, {"fused": False}, {"maximize": True}, {"betas": (0.5, 0.9)}, {"late": True}],
)
def test_advance_takes_the_step_of_torch(options):
    expected, _ = weights_after("step", **options)
    found, _ = weights_after("advance", **options)
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.equal(ours, theirs)


def test_whoever_listens_is_told():
    assert weights_after("advance", n_steps=3, listen=True)[1] == 3


def test_only_matrices_decay():
    matrix, vector = torch.ones(2, 2, requires_grad=True), torch.ones(2, requires_grad=True)
    optimizer = MatrixDecay([{"params": [matrix, vector]}], lr=0.1, weight_decay=0.5)
    for weight in (matrix, vector):
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    assert torch.allclose(matrix, torch.full((2, 2), 0.95))
    assert torch.equal(vector, torch.ones(2))


def test_schedulers_of_torch_see_every_step(recwarn):
    weight = torch.ones(2, requires_grad=True)
    optimizer = MatrixDecay([{"params": [weight]}], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        optimizer.advance(lambda: setattr(weight, "grad", torch.ones(2)))
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0125)
    assert not recwarn
