"""The base of every estimator: the parameters of network and training, and the training itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import EarlyStopping, EpochTimer, PrintLog
from skorch.utils import noop
from torch import nn

from sksequence._params import (
    Parameters,
    boolean,
    instance_of,
    integer,
    none,
    number,
    one_of,
    param,
    seed,
)
from sksequence.engine.allocator import kept_memory
from sksequence.engine.batches import Examples
from sksequence.engine.continuation import go_on_with_moments, refuse_rebuilding
from sksequence.engine.html import TrainingPanel
from sksequence.engine.net import Answer, SequenceNet
from sksequence.engine.optimizer import MatrixDecay
from sksequence.engine.precision import warn_without_bfloat16
from sksequence.engine.reporting import CallbackSupportMixin, ReportEpochs
from sksequence.engine.schedule import SCHEDULES, Budget, plan
from sksequence.engine.scored import Meaning
from sksequence.engine.seeds import draw_seed, generator_for
from sksequence.engine.skorch_arguments import refuse_arguments, refuse_scheduler
from sksequence.engine.stream import Stream
from sksequence.engine.watch import KeepWeights, Progress
from sksequence.exceptions import NonFiniteLossError, ParameterError
from sksequence.modules import seed_noise, single_thread

__all__ = ["RecurrentEstimator"]


class RecurrentEstimator(Parameters, TrainingPanel, CallbackSupportMixin, BaseEstimator):
    """What all recurrent estimators share: sizes, training, history, saving.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained network, with its optimiser, callbacks and raw history.
    n_iter_ : int
        Epochs trained.
    batch_size_ : int
        Sequences a training batch.
    n_parameters_ : int
        Weights of the network.
    n_features_in_ : int
        Features of a step; of a table (n_samples, n_timesteps), its columns.
    feature_names_in_ : ndarray of str
        Their names, where X has some.
    """

    hidden_size: int = param(
        default=64, fixed=True, rule=integer(1), doc="Width of the hidden state, in units."
    )
    dropout: float = param(
        default=0.0,
        fixed=True,
        rule=number(0, below=1),
        doc="Share of values dropped between layers and before the head.",
    )
    lr: float = param(default=5e-3, rule=number(above=0), doc="Peak learning rate of AdamW.")
    max_epochs: Any = param(
        default="auto",
        rule=one_of("auto") | integer(1),
        doc="""Passes over the training data. "auto" counts optimiser steps instead, so that small data
        get more passes than large; the outcome is in `n_iter_`.""",
    )
    batch_size: Any = param(
        default="auto",
        rule=one_of("auto") | integer(1),
        doc="""Sequences a training batch. "auto" follows the number of training sequences; the outcome is
        in `batch_size_`. It never changes a prediction.""",
    )
    weight_decay: float = param(
        default=0.01,
        rule=number(0),
        doc="Decoupled weight decay (Loshchilov & Hutter 2019) of matrices; biases have none.",
    )
    lr_schedule: str = param(
        default="cosine",
        rule=one_of(*SCHEDULES),
        doc=""""cosine" warms up over the first `warmup` of all steps, then falls to zero; "constant" stays,
        or is what skorch's LRScheduler among the `callbacks` makes of it.""",
    )
    warmup: float = param(
        default=0.05, rule=number(0, most=1), doc="Share of the steps over which `lr` rises."
    )
    gradient_clip: Any = param(
        default=1.0,
        rule=number(above=0) | none(),
        doc="Largest norm of the gradient over all weights; None for no limit.",
    )
    early_stopping: bool = param(
        default=False,
        rule=boolean(),
        doc="""Whether to hold back `validation_fraction` of the data, stop when the loss on it has not
        improved for `n_iter_no_change` epochs, and return to the best weights.""",
    )
    validation_fraction: float = param(
        default=0.1,
        rule=number(above=0, below=1),
        doc="Share of the data held back when `early_stopping` is set.",
    )
    n_iter_no_change: int = param(
        default=10, rule=integer(1), doc="Epochs without improvement before stopping early."
    )
    warm_start: bool = param(
        default=False, rule=boolean(), doc="Whether `fit` continues from the weights of the last fit."
    )
    precision: str = param(
        default="float32",
        rule=one_of("float32", "bfloat16"),
        doc="""Arithmetic of the network; bfloat16 is faster where the hardware has it, and less exact. A CPU
        that does not compute in it uses float32, and `fit` warns.""",
    )
    device: str = param(
        default="auto",
        rule=instance_of(str, words='"auto" or the name of a torch device such as "cpu" or "cuda:0"'),
        doc='"auto" is CUDA where torch finds it, else the CPU.',
    )
    keep_memory: bool = param(
        default=True,
        rule=boolean(),
        doc="""Whether memory that one batch frees stays with the process for the next, until the end of
        `fit`. Changes nothing but time: 1.1 to 1.2 times as fast where the buffers of a batch are larger
        than 32 MB, as with 500 steps. It works with glibc only, and for the whole process while a fit
        lasts.""",
    )
    callbacks: Any = param(
        default=None,
        rule=none() | instance_of(list, tuple, words="a list of skorch callbacks"),
        doc="skorch callbacks, for example EpochScoring, Checkpoint or TensorBoard.",
    )
    net_params: Any = param(
        default=None,
        rule=none() | instance_of(dict, words="a dict of arguments of skorch.NeuralNet"),
        doc="""Arguments of skorch's net for which there is no parameter: "optimizer", a class such as
        ``torch.optim.SGD``, and settings such as "optimizer__momentum"; others are refused.""",
    )
    verbose: int = param(
        default=0, rule=integer(0), doc="0 is silent, 1 shows a progress bar, 2 prints each epoch."
    )
    random_state: Any = param(
        default=None,
        rule=seed(),
        doc="""Fixes the initial weights, the order of batches, the noise of training and the validation
        split. The global random states of torch and NumPy are neither read nor changed.""",
    )

    # Budget behind max_epochs="auto": optimiser steps wanted, and least passes over the data.
    _n_steps = 400
    _min_passes = 4

    # Whether the network gives outputs for every step, and the loss is a mean over steps.
    _per_step = False

    # ------------------------------------------------------------------ training
    def _check_parameters(self) -> None:
        super()._check_parameters()
        owner = type(self).__name__
        refuse_arguments(self.net_params or {}, owner)
        refuse_scheduler(self.callbacks or (), self.lr_schedule, owner)

    def _begins(self, anew: bool, caller: str) -> bool:
        """Whether training begins with a new network: `anew` asks for it, or there is none to go on with.

        Raises
        ------
        ParameterError
            If it is to go on, but with parameters that the network was not built with.
        """
        if anew or not hasattr(self, "net_"):
            return True
        refuse_rebuilding(self._built_with, self._fixed_parameters(), caller)
        return False

    def _plan(self, n_samples: int) -> Budget:
        """The training plan for so many examples."""
        return plan(
            n_samples,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            n_steps=self._n_steps,
            min_passes=self._min_passes,
        )

    def _begin(
        self,
        build: Callable[[torch.Generator], nn.Module],
        criterion,
        *,
        meaning: Meaning | None = None,
        read=None,
    ) -> None:
        """Make a new, untrained `net_`.

        Parameters
        ----------
        build : callable
            Maps a generator to the module that it initialises.
        criterion : torch.nn.Module
            Gives the loss of each example.
        meaning : Meaning or None
            What outputs and targets mean, for scoring callbacks.
        read : callable or None
            What the module returns to one tensor of outputs, where it returns more.
        """
        self._seed = draw_seed(self.random_state)
        self._built_with = self._fixed_parameters()
        with single_thread():
            module = build(generator_for("weights", self._seed))
        self.net_ = self._wrap(module, criterion, meaning=meaning, read=read)
        self.n_parameters_ = sum(p.numel() for p in module.parameters())
        self.n_iter_ = 0

    def _wrap(self, module: nn.Module, criterion: nn.Module, *, meaning, read) -> SequenceNet:
        """A skorch net around a module, as the parameters of the estimator say now."""
        arguments = self._net_arguments()
        net = SequenceNet(
            module,
            criterion,
            budget=self._plan(1),
            meaning=meaning,
            read=read,
            per_step=self._per_step,
            **arguments,
        )
        return net.initialize()

    def _resume(self, criterion: nn.Module | None = None) -> None:
        """Put the trained module into a new net: parameters may have been set since the last fit.

        The old net stays as it is, but for the weights, which both share.
        """
        old = self.net_
        self.net_ = self._wrap(old.module_, criterion or old.criterion_, meaning=old.meaning, read=old.read)
        self.net_.history = type(old.history)(old.history)
        if type(self.net_.optimizer_) is type(old.optimizer_):
            go_on_with_moments(self.net_.optimizer_, old.optimizer_)

    def _net_arguments(self) -> dict[str, Any]:
        """Arguments of the skorch net; the user's own come last."""
        arguments: dict[str, Any] = {
            "schedule": self.lr_schedule,
            "warmup": self.warmup,
            "gradient_clip": self.gradient_clip,
            "precision": self.precision,
            "lr": self.lr,
            "optimizer": MatrixDecay,
            "device": self._torch_device(),
            "callbacks": self._watchers(),
            "verbose": self.verbose,
            "train_split": None,
        }
        given = dict(self.net_params or {})
        if "optimizer" not in given:
            arguments["optimizer__weight_decay"] = self.weight_decay
        return arguments | given

    def _torch_device(self) -> str:
        if self.device == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        try:
            torch.empty(0, device=self.device)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            raise ParameterError(
                f"The 'device' parameter of {type(self).__name__} must be \"auto\" or a device that torch "
                f"can use here. Got {self.device!r} instead ({str(error).splitlines()[0]})."
            ) from error
        return self.device

    def _watchers(self) -> list:
        """Callbacks in the order in which they are told."""
        stopping = self.early_stopping
        watchers: list[Any] = [("timer", EpochTimer())]
        watchers += list(self.callbacks or ())
        watchers.append(("keep", KeepWeights("valid_loss" if stopping else None)))
        if self.verbose == 1:
            watchers.append(("progress", Progress(type(self).__name__)))
        if self.verbose >= 2:
            watchers.append(("print", PrintLog()))
        if stopping:  # last, since it ends the training
            patience = EarlyStopping(patience=self.n_iter_no_change, threshold=0.0, sink=noop)
            watchers.append(("stop", patience))
        return watchers

    def _run(
        self,
        train: Examples | Stream,
        valid: Examples | Stream | None = None,
        *,
        budget: Budget | None = None,
        criterion: nn.Module | None = None,
        reported: tuple[Any, Any] | None = (None, None),
        left_out: str = "",
    ) -> None:
        """Train `net_` from where it stands.

        Parameters
        ----------
        train, valid : Examples or Stream
            What to learn from, and what to watch.
        budget : Budget or None
            Batches and epochs; None follows the parameters.
        criterion : torch.nn.Module or None
            The loss, where training goes on with another one.
        reported : tuple or None
            X and y as scikit-learn's callbacks should see them; None tells these callbacks nothing.
        left_out : str
            What Ctrl-C keeps from following, for the warning: a sentence.

        Raises
        ------
        NonFiniteLossError
            If the loss became NaN or infinite. After any error the weights are those of the last good
            epoch, or those from before; `guarded` says what becomes of the rest.
        """
        if hasattr(self.net_, "interrupted_"):  # it has trained
            self._resume(criterion)
        net = self.net_
        warn_without_bfloat16(net.precision, net.device, f"{type(self).__name__}.fit")
        net.budget = budget or self._plan(len(train))
        net.set_params(max_epochs=net.budget.max_epochs)
        done = self.n_iter_
        net.order = generator_for("order", self._seed, after=done)
        device = torch.device(net.device).type
        seed_noise(net.module_, generator_for("noise", self._seed, after=done, device=device))
        keep = dict(net.callbacks_)["keep"]
        self.batch_size_ = net.budget.batch_size
        if reported is not None and ReportEpochs.wanted_by(self):
            net.callbacks_.insert(0, ("report", ReportEpochs(self, *reported)))
        try:
            with kept_memory(self.keep_memory):
                net.partial_fit((train, valid))
        except BaseException as error:
            net.salvaged_ = keep.salvage(net)
            if isinstance(error, NonFiniteLossError):
                raise NonFiniteLossError(f"{type(self).__name__}.fit: {error}") from None
            raise
        finally:
            self.n_iter_ = len(net.history)
            seed_noise(net.module_, None)
            # It holds the data of the fit, which must not stay with the model.
            net.callbacks_ = [(name, c) for name, c in net.callbacks_ if name != "report"]
        if net.interrupted_:
            warnings.warn(
                f"{type(self).__name__}.fit was interrupted after {self.n_iter_} of {done + net.max_epochs} "
                f"epochs; the estimator holds the best weights so far.{left_out and f' {left_out}'}",
                ConvergenceWarning,
                stacklevel=3,
            )
        if net.interrupted_ or self.early_stopping:
            keep.restore(net)

    # ------------------------------------------------------------------ fitted
    def _check_fitted(self) -> None:
        """Refuse what needs a network where there is none yet."""
        if not hasattr(self, "net_"):  # scikit-learn's check reads all tags before it looks
            check_is_fitted(self, "net_")

    @property
    def history_(self) -> pd.DataFrame:
        """Learning curve, a row an epoch: its number, losses, learning rate, gradient norm, seconds, scores.

        The number of the epoch, from 1, is the index as well as a column.
        """
        self._check_fitted()
        rows = [{k: v for k, v in row.items() if np.isscalar(v)} for row in self.net_.history]
        table = pd.DataFrame(rows, columns=None if rows else ["epoch"]).rename(columns={"dur": "seconds"})
        # What skorch's own loop keeps for itself, and markers of best epochs.
        hidden = [c for c in table.columns if c.endswith(("_best", "_batch_count"))]
        return table.drop(columns=hidden).set_index("epoch", drop=False).rename_axis(None)

    def _outputs(self, examples: Examples, answer: Answer | None = None) -> np.ndarray:
        """The network's outputs, or an answer made of them, for all examples."""
        return self.net_.outputs(examples, answer)
