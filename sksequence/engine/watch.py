"""What looks on while a network trains: the best weights, divergence, and the progress bar."""

from __future__ import annotations

import math

from skorch.callbacks import Callback

from sksequence.exceptions import NonFiniteLossError

__all__ = ["KeepWeights", "Progress"]


class KeepWeights(Callback):
    """Keep the weights worth having, and stop a training whose loss is no longer a number.

    Parameters
    ----------
    monitor : {"valid_loss"} or None
        With a monitor, the weights of the epoch with its least value; else those of the last epoch
        with a finite loss.
    """

    def __init__(self, monitor=None):
        self.monitor = monitor

    def initialize(self):
        """Nothing is kept before a training begins."""
        self.n_good_, self.state_ = 0, None
        return self

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Begin with the initial weights."""
        self.best_, self.n_good_ = math.inf, 0
        self._keep(net)

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Keep, or refuse to go on."""
        epoch = net.history[-1]
        losses = [epoch[name] for name in ("train_loss", "valid_loss") if name in epoch]
        if not all(map(math.isfinite, losses)):
            raise NonFiniteLossError(
                f"the loss became {next(v for v in losses if not math.isfinite(v))} in epoch "
                f"{epoch['epoch']}. The usual causes are a learning rate that is too high "
                f"({_learning_rates(net)}), no gradient clipping (gradient_clip is {net.gradient_clip}), and "
                "inputs of very large scale with standardize=False."
            )
        self.n_good_ += 1
        if self.monitor is None or epoch[self.monitor] < self.best_:
            self.best_ = math.inf if self.monitor is None else epoch[self.monitor]
            self._keep(net)

    def restore(self, net) -> None:
        """Put the kept weights back."""
        net.module_.load_state_dict(self.state_)

    def salvage(self, net) -> bool:
        """After an error, put the kept weights back; whether any epoch has taught them something."""
        if self.state_ is not None:
            self.restore(net)
            net.optimizer_.state.clear()  # moments of other weights, by now perhaps NaN
        if net.history and "train_loss" not in net.history[-1]:
            del net.history[-1]
        return self.n_good_ > 0

    def _keep(self, net) -> None:
        self.state_ = {name: t.detach().clone() for name, t in net.module_.state_dict().items()}

    def __getstate__(self):
        # The kept weights serve their own training only.
        return {**self.__dict__, "state_": None}


def _learning_rates(net) -> str:
    """Peak learning rates, by the parameters that set them; those of weights that stay are left out."""
    rates = {"lr": net.lr}
    for group in net.optimizer_.param_groups:
        if "parameter" in group and any(weight.requires_grad for weight in group["params"]):
            rates[group["parameter"]] = net.lr * group["share"]
    return ", ".join(f"{name} is {rate:g}" for name, rate in rates.items())


class Progress(Callback):
    """A progress bar over epochs with the losses beside it.

    Parameters
    ----------
    label : str
        What is being trained.
    """

    def __init__(self, label):
        self.label = label

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Open the bar."""
        from tqdm.auto import tqdm

        self.bar_ = tqdm(total=net.max_epochs, unit="epoch", desc=self.label)

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Advance."""
        epoch = net.history[-1]
        names = ("train_loss", "valid_loss")
        self.bar_.set_postfix({n: f"{epoch[n]:.4g}" for n in names if n in epoch}, refresh=False)
        self.bar_.update()

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Close the bar."""
        self.bar_.close()

    def __getstate__(self):
        return {**self.__dict__, "bar_": None}
