"""What holds around every fit: its parameters are plain numbers, and where it fails all is as it was."""

from __future__ import annotations

from functools import wraps
from typing import Any

from sksequence._params import plain_parameters
from sksequence.exceptions import NonFiniteLossError

__all__ = ["guarded"]


def guarded(fit: Any) -> Any:
    """Guard a method that fits: wherever it fails, it leaves the estimator as it was.

    The rule: what ends a fit by an error, of data, of parameters, of a callback or of training, leaves all
    attributes as they were: those of the earlier fit, or none. The one exception is a training that fails
    after an epoch with a finite loss: there the estimator holds what the good epochs have taught. Training
    that goes on (`warm_start`, `partial_fit`) changes weights in place; where it fails, they are put back.

    NumPy's numbers among the parameters, which a search over ``np.arange`` brings and torch refuses, are
    Python's own inside; `get_params` gives what came.

    Parameters
    ----------
    fit : callable
        The method. Inside, :meth:`RecurrentEstimator._run` trains, if anything does.

    Returns
    -------
    careful : callable
        The same method, with a memory of what was before.
    """

    @wraps(fit)
    def careful(self, *args, **kwargs):
        before = dict(vars(self))
        try:
            with plain_parameters(self):
                return fit(self, *args, **kwargs)
        except NonFiniteLossError as error:
            raise NonFiniteLossError(f"{error} {_undo(self, before)}") from None
        except BaseException:  # Ctrl-C too, where it comes outside of training
            _undo(self, before)
            raise

    return careful


def _undo(estimator: Any, before: dict[str, Any]) -> str:
    """Put the attributes back, unless a training has had good epochs; what holds now, in words."""
    net = vars(estimator).get("net_")
    if net is not before.get("net_") and getattr(net, "salvaged_", False):
        return "The weights of the last good epoch are kept."
    # scikit-learn's own callbacks are yet to be told that the fit is over.
    told = {
        name: value for name, value in vars(estimator).items() if name.startswith("_") and "callback" in name
    }
    vars(estimator).clear()
    vars(estimator).update(told | before)
    fitted = "holds its earlier fit" if "net_" in before else "stays unfitted"
    return f"No epoch before was good, so that the estimator {fitted}."
