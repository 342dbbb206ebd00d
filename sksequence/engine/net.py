"""The skorch net inside every estimator: batches by index, weighted loss, clipping, schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import nn

from sksequence.engine.batches import Batches, Examples, prediction_batch
from sksequence.engine.ledger import Ledger
from sksequence.engine.placement import Choice
from sksequence.engine.places import Places
from sksequence.engine.precision import computes_bfloat16
from sksequence.engine.schedule import Budget, learning_rate_factor
from sksequence.engine.scored import Meaning, ScoredNet
from sksequence.engine.stream import Pieces, Stream
from sksequence.modules import LEAST_ROWS, Adversary, single_thread

__all__ = ["SequenceNet"]

# What to make of the outputs of a batch, and the lengths (B,) of its sequences.
Answer = Callable[[Any, torch.Tensor], torch.Tensor]

# What skorch keeps twice, as it came and as it is trained: here these are the same.
_GIVEN = ("module", "criterion")
_BATCH_EVENTS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def _wants_batches(callback: Callback) -> bool:
    """Whether a callback listens to events inside an epoch, and does not say that it can do without."""
    listens = any(getattr(type(callback), name) is not getattr(Callback, name) for name in _BATCH_EVENTS)
    return listens and getattr(callback, "reads_batches", True)


def _of_each(losses: torch.Tensor) -> torch.Tensor:
    """Mean over what each example is to give: (B, ...) -> (B,)."""
    return losses.flatten(1).mean(dim=1) if losses.ndim > 1 else losses


def _weighted_mean(losses: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Mean over the batch of each example's loss: (B, ...), (B,) or None -> ()."""
    if weights is None:
        return losses.mean()
    total = weights.sum()
    return (_of_each(losses) * weights).sum() / torch.where(total > 0, total, torch.ones_like(total))


def _mean_of_steps(sums: torch.Tensor, counts: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Mean over the steps of a batch from what each sequence adds to it: (B,), (B,), (B,) or None -> ()."""
    if weights is not None:
        sums, counts = sums * weights, counts * weights
    total = counts.sum()
    return sums.sum() / torch.where(total > 0, total, torch.ones_like(total))


class SequenceNet(ScoredNet):
    """A skorch net over `Examples`.

    Its epochs run without per-batch bookkeeping unless a callback listens to batch events, in which
    case skorch's own loop runs; both take the same steps.

    Parameters
    ----------
    module : torch.nn.Module
        Ready-made; its ``forward`` takes the inputs of a batch by name.
    criterion : torch.nn.Module
        Maps (outputs, targets) to one loss, or a row of losses, an example.
    budget : Budget
        Batch size and number of steps.
    schedule, warmup
        See :func:`~sksequence.engine.schedule.learning_rate_factor`.
    gradient_clip : float or None
        Largest norm of the gradient over all weights.
    precision : {"float32", "bfloat16"}
        Arithmetic of the forward pass; float32 where the device has no bfloat16.
    order : torch.Generator
        Draws the order of training batches.
    meaning : Meaning
        What outputs and targets mean to scoring callbacks.
    read : callable or None
        Maps what the module returns to one tensor, where it returns more.
    per_step : bool
        Whether outputs and targets have a row for each step. The criterion then maps (outputs,
        targets, lengths) to the sum of each sequence's losses and to what its steps count together,
        and the loss is their quotient over the batch: long sequences have more to teach.
    **kwargs
        Passed to ``skorch.NeuralNet``.
    """

    def __init__(
        self,
        module: nn.Module,
        criterion: nn.Module,
        *,
        budget: Budget,
        schedule: str = "cosine",
        warmup: float = 0.05,
        gradient_clip: float | None = 1.0,
        precision: str = "float32",
        order: torch.Generator | None = None,
        meaning: Meaning | None = None,
        read: Callable[[Any], torch.Tensor] | None = None,
        per_step: bool = False,
        **kwargs: Any,
    ):
        super().__init__(module, criterion, **kwargs)
        self.budget = budget
        self.schedule = schedule
        self.warmup = warmup
        self.gradient_clip = gradient_clip
        self.precision = precision
        self.order = order
        self.meaning = meaning or Meaning()
        self.read = read
        self.per_step = per_step

    @property
    def _default_callbacks(self):
        return []  # the estimator chooses them all

    # ------------------------------------------------------------------ data
    def get_split_datasets(self, X, y=None, **fit_params):
        """The pair (training examples, validation examples or None), made by the estimator."""
        return X

    def get_dataset(self, X, y=None):
        """Sequences as examples; examples and streams as they are."""
        return X if isinstance(X, (Examples, Stream)) else Examples(X, y)

    def get_iterator(self, dataset, training=False):
        """Batches by index."""
        if training:
            return dataset.training_batches(self.budget, self.order, self.device)
        return dataset.validation_batches(self.budget, self.device)

    # ------------------------------------------------------------------ one batch
    def _set_training(self, training=True):
        """Put all modules into one mode; walking through them costs as much as a small prediction."""
        if self.module_.training != training or self.criterion_.training != training:
            super()._set_training(training)

    def infer(self, x, **fit_params):
        """Outputs of a batch."""
        inputs = {name: t.to(self.device) for name, t in x.items() if name != "sample_weight"}
        if self.precision == "float32" or not computes_bfloat16(self.device):
            return self.module_(**inputs)
        with torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16):
            return self.module_(**inputs)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Weighted mean of the losses of the examples, or of their steps."""
        y_true, weights = y_true.to(self.device), X.get("sample_weight")
        weights = None if weights is None else weights.to(self.device)
        if self.per_step:
            sums, counts = self.criterion_(y_pred, y_true, X["lengths"].to(self.device))
            return _mean_of_steps(sums, counts, weights)
        return _weighted_mean(self.criterion_(y_pred, y_true), weights)

    def example_losses(self, outputs: Any, targets: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """The loss of each example by itself, (B,), whatever the weights: a mean over its outputs."""
        if self.per_step:
            sums, counts = self.criterion_(outputs, targets, lengths)
            return sums / torch.where(counts > 0, counts, torch.ones_like(counts))
        return _of_each(self.criterion_(outputs, targets))

    def _read(self, output: Any) -> torch.Tensor:
        return output if self.read is None else self.read(output)

    def validation_step(self, batch, **fit_params):
        """Loss and outputs of a batch held back."""
        step = super().validation_step(batch, **fit_params)
        return step | {"y_pred": self._read(step["y_pred"])}

    def train_step_single(self, batch, **fit_params):
        """Forward, backward, and both again for what an adversary makes of the batch; clip."""
        inputs, targets = batch
        outputs = self.infer(inputs)
        loss = self.get_loss(outputs, targets, X=inputs, training=True)
        loss.backward()
        for adversary in self._adversaries:
            with adversary.pushing():
                self.get_loss(self.infer(inputs), targets, X=inputs, training=True).backward()
        self._clip_gradients()
        return {"loss": loss, "y_pred": self._read(outputs).detach()}

    @torch.no_grad()
    def _clip_gradients(self) -> None:
        """What torch.nn.utils.clip_grad_norm_ does, in half its time: all weights are on one device."""
        gradients = [weight.grad for weight in self._weights if weight.grad is not None]
        self._norms.append(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
        if self.gradient_clip is not None:
            torch._foreach_mul_(gradients, self.clipped_to)

    @property
    def clipped_to(self) -> torch.Tensor:
        """Share of the gradients of the last batch that clipping left, (): 1 where they were small."""
        norm = self._norms.last
        if self.gradient_clip is None:
            return torch.ones_like(norm)
        return (self.gradient_clip / (norm + 1e-6)).clamp(max=1.0)

    def train_step(self, batch, **fit_params):
        """One step of the optimiser at the scheduled learning rate."""
        self._schedule_learning_rate()
        return super().train_step(batch, **fit_params)

    def _lean_train_step(self, batch) -> torch.Tensor:
        """The same step without telling any callback."""
        self._schedule_learning_rate()

        def closure():
            for weight in self._weights:
                weight.grad = None
            return self.train_step_single(batch)["loss"]

        return getattr(self.optimizer_, "advance", self.optimizer_.step)(closure)

    def initialize_optimizer(self, *args, **kwargs):
        """Make the optimiser, and note which share of `lr` each group of weights is to have."""
        super().initialize_optimizer(*args, **kwargs)
        for group in self.optimizer_.param_groups:
            group["share"] = group["lr"] / self.lr
            group["initial_lr"] = group["lr"]  # as torch's schedulers want it where a training goes on
        return self

    def _schedule_learning_rate(self) -> None:
        if self.schedule == "constant":  # a callback may set the rate
            return
        factor = learning_rate_factor(self.schedule, self.warmup, self._step, self.budget.n_steps)
        for group in self.optimizer_.param_groups:
            group["lr"] = self.lr * group["share"] * factor
        self._step += 1

    # ------------------------------------------------------------------ epochs
    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train on one thread; remember whether Ctrl-C ended it."""
        self._step, self._norms, self.interrupted_ = 0, Ledger(), False
        self._least: dict[str, float] = {}
        self._weights = list(self.module_.parameters())
        parts = self.module_.modules()
        self._adversaries = [part for part in parts if isinstance(part, Adversary) and part.strength]
        try:
            with single_thread():
                return super().fit_loop(X, y, epochs, **fit_params)
        except KeyboardInterrupt:
            # Callbacks end a training this way too, but after an epoch; Ctrl-C comes inside one.
            if self.history and "train_loss" not in self.history[-1]:
                self.interrupted_ = True
                del self.history[-1]
            raise  # skorch ends the training in good order

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """One pass of training or validation; records the mean loss of the examples."""
        if iterator is None:
            return
        self._norms = Ledger()
        if any(_wants_batches(callback) for _, callback in self.callbacks_):
            sizes: list[Any] = []
            watched = self._noting_sizes(iterator, sizes)
            super().run_single_epoch(watched, training, prefix, step_fn, **fit_params)
            losses = [b[f"{prefix}_loss"] for b in self.history[-1, "batches"] if f"{prefix}_loss" in b]
            loss = float(np.average(losses, weights=list(map(int, sizes))))
        else:
            loss = self._lean_epoch(iterator, training, prefix)
        self._record_loss(f"{prefix}_loss", loss)
        if training:
            self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
            self.history.record("gradient_norm", float(self._norms.numbers().mean()))

    def _record_loss(self, name: str, loss: float) -> None:
        """Note the loss of an epoch, and whether it is the least so far, as skorch's checkpoints ask."""
        if name not in self._least:
            earlier = [row[name] for row in self.history if name in row]
            self._least[name] = min(earlier, default=np.inf)
        is_best = loss < self._least[name]
        self.history.record(name, loss)
        self.history.record(f"{name}_best", is_best)
        if is_best:
            self._least[name] = loss

    def _size(self, batch) -> Any:
        """How many losses the loss of a batch is the mean of; a tensor, if the device still counts."""
        lengths = batch[0]["lengths"]
        return lengths.sum() if self.per_step else len(lengths)

    def _noting_sizes(self, iterator: Batches | Pieces, sizes: list[Any]) -> Iterator:
        for batch in iterator:
            sizes.append(self._size(batch))
            yield batch

    def _lean_epoch(self, iterator: Batches | Pieces, training: bool, prefix: str) -> float:
        self._set_training(training)
        losses, sizes = Ledger(), []
        for batch in iterator:
            loss = self._lean_train_step(batch) if training else self.validation_step(batch)["loss"]
            losses.append(loss.detach())
            sizes.append(self._size(batch))
        values = losses.numbers().tolist()
        # One batch stands for all in the history: checkpoints look for the last one.
        self.history.new_batch()
        self.history.record_batch(f"{prefix}_loss", values[-1])
        return float(np.average(values, weights=list(map(int, sizes))))

    # ------------------------------------------------------------------ prediction
    def forward_iter(self, X, training=False, device="cpu") -> Iterator[torch.Tensor]:
        """Outputs batch by batch, in the order of the examples."""
        iterator = self.get_iterator(self.get_dataset(X))
        for batch in iterator:
            yield self.evaluation_step(batch, training=training).to(device)

    def evaluation_step(self, batch, training=False):
        """Outputs of a batch without gradient bookkeeping."""
        self._set_training(training)
        with torch.inference_mode():
            out = self._read(self.infer(batch[0]))
            return self._without_padding(out, batch[0]) if self.per_step else out

    def outputs(self, examples: Examples, answer: Answer | None = None) -> np.ndarray:
        """Outputs (n, ...) of all examples, computed in batches of like length.

        Where there is an output for each step, those of all sequences come end to end, in the order of
        the examples, without padding: (total_steps, ...).

        Parameters
        ----------
        examples : Examples
            What to read.
        answer : callable or None
            Maps the outputs and lengths of a batch to what is wanted of them; None to the outputs.
        """
        size = prediction_batch(examples.sequences, self.device)
        batches = Batches(examples, batch_size=size, device=self.device)
        places = Places(batches.inputs, self.per_step)
        keeps_bits = getattr(self.module_, "keeps_bits", False)
        waiting: tuple[torch.Tensor, Choice] | None = None
        self._set_training(False)
        with single_thread(), torch.inference_mode():
            for index in batches.runs():
                inputs = batches.batch(index)[0]
                n = inputs["lengths"].shape[0]
                if n < LEAST_ROWS and not keeps_bits:
                    inputs = {name: torch.cat([tensor] * LEAST_ROWS) for name, tensor in inputs.items()}
                out = self.infer(inputs)
                out = self._read(out) if answer is None else answer(out, inputs["lengths"].to(self.device))
                out = out.float() if out.is_floating_point() else out
                out = out if len(out) == n else out[:n]
                # A GPU has its next batch before anything waits for this one.
                if waiting is not None:
                    places.put(*waiting)
                waiting = out, index
            assert waiting is not None
            return places.put(*waiting).numpy()

    def __getstate__(self):
        # A generator belongs to its fit. What may lie on a device that others lack, skorch takes care of, but
        # for gradient norms, and for modules by the names under which they came, ready-made.
        own: dict[str, Any] = {"order": None, "_norms": None, "_weights": [], "_adversaries": []}
        return super().__getstate__() | own | dict.fromkeys(_GIVEN)

    def __setstate__(self, state):
        super().__setstate__(state)
        for name in _GIVEN:
            setattr(self, name, getattr(self, f"{name}_"))
        # cuDNN wants the weights of a layer side by side, where a file does not keep them.
        for layer in self.module_.modules():
            if isinstance(layer, nn.RNNBase):
                layer.flatten_parameters()
