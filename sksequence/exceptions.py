"""Errors and warnings of sksequence.

Every error is also the built-in one that scikit-learn users catch already::

    SksequenceError
    ├── InputError(ValueError)             data that cannot be read as sequences, or does not fit the model
    │   ├── SequenceTooShortError          fewer time steps than the model needs
    │   └── InputTypeError(TypeError)      values that are no numbers, or sparse
    ├── ParameterError(ValueError)         a constructor parameter with a value that is not allowed
    ├── NonFiniteLossError(ArithmeticError)   training diverged to NaN or infinity
    └── MissingDependencyError(ImportError)   an optional library that this feature needs

    NoSkillWarning(UserWarning)            a network that does not beat a simple model
"""

__all__ = [
    "InputError",
    "InputTypeError",
    "MissingDependencyError",
    "NoSkillWarning",
    "NonFiniteLossError",
    "ParameterError",
    "SequenceTooShortError",
    "SksequenceError",
]


class SksequenceError(Exception):
    """Root of every error that sksequence raises on purpose."""


class InputError(ValueError, SksequenceError):
    """Data that cannot be read as sequences, or that does not fit the fitted model."""


class SequenceTooShortError(InputError):
    """A sequence or series with fewer time steps than the model needs."""


class InputTypeError(InputError, TypeError):
    """Values that are no numbers, or a container that holds them in a way that cannot be read."""


class ParameterError(ValueError, SksequenceError):
    """A constructor parameter whose value is not allowed."""


class NonFiniteLossError(ArithmeticError, SksequenceError):
    """The training loss became NaN or infinite; the last good weights are kept."""


class MissingDependencyError(ImportError, SksequenceError):
    """A feature needs an optional library that is not installed."""


class NoSkillWarning(UserWarning):
    """A network that is not better than a simple model: a naive forecast, or a linear baseline."""
