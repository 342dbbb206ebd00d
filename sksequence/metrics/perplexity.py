"""How well a text was foretold: perplexity, and bits a token or a character."""

from numbers import Real

import numpy as np

from sksequence.exceptions import InputError, ParameterError
from sksequence.metrics.values import check_values

__all__ = ["bits_per_token", "perplexity"]


def _joined(metric: str, log_proba) -> np.ndarray:
    """The log-probabilities of all tokens of all texts, none above zero."""
    if not isinstance(log_proba, np.ndarray) or log_proba.dtype == object:
        texts = [np.ravel(np.asarray(text, dtype=np.float64)) for text in log_proba]
        log_proba = np.concatenate([*texts, np.empty(0)])
    (values,) = check_values(metric, log_proba=log_proba)
    if values.max() > 0:
        raise InputError(
            f"{metric}: log_proba holds {values.max():g}, but logarithms of probabilities are at most 0. "
            "Pass np.log of the probabilities."
        )
    return values


def perplexity(log_proba) -> float:
    """Inverse geometric mean of the tokens' probabilities.

    A model that is as uncertain at every step as one that has to choose between k equally likely tokens
    has a perplexity of k.

    Parameters
    ----------
    log_proba : array-like of any shape, or list of arrays
        Natural logarithm of the probability that each token had before it came; one array a text, as
        `log_proba` of the language models gives it. All tokens count alike.

    Returns
    -------
    perplexity : float
        At least 1; lower is better.

    Raises
    ------
    InputError
        If there is no token, or a value is NaN, infinite or above 0.

    References
    ----------
    .. [1] F. Jelinek, R. L. Mercer, L. R. Bahl, J. K. Baker, "Perplexity - a measure of the difficulty of
       speech recognition tasks", Journal of the Acoustical Society of America 62 (S1), 1977.

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.metrics import perplexity
    >>> perplexity(np.log([0.25, 0.25, 0.25]))
    4.0
    """
    return float(np.exp(-_joined("perplexity", log_proba).mean()))


def bits_per_token(log_proba, *, n_tokens=None) -> float:
    """Mean of minus the logarithm to base 2 of the tokens' probabilities.

    It is what an ideal code that knows the model needs for a token (Shannon 1948). Models whose tokens
    differ, such as words and characters, are compared by the bits of the same text a character: pass the
    number of its characters as `n_tokens`.

    Parameters
    ----------
    log_proba : array-like of any shape, or list of arrays
        Natural logarithm of the probability that each token had before it came; one array a text, as
        `log_proba` of the language models gives it. All tokens count alike.
    n_tokens : int, default=None
        What the bits are divided by; None counts the tokens of `log_proba`.

    Returns
    -------
    bits : float
        At least 0; lower is better. The perplexity is ``2 ** bits``.

    Raises
    ------
    InputError
        If there is no token, or a value is NaN, infinite or above 0.
    ParameterError
        If `n_tokens` is not above 0.

    References
    ----------
    .. [1] C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal 27, 1948.
    .. [2] A. Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850, 2013 (bits a
       character).

    Examples
    --------
    >>> import numpy as np
    >>> from sksequence.metrics import bits_per_token
    >>> bits_per_token(np.log([0.5, 0.125]))
    2.0
    >>> bits_per_token(np.log([0.5, 0.125]), n_tokens=8)  # "to be" and a line's end are 8 characters
    0.5
    """
    values = _joined("bits_per_token", log_proba)
    if n_tokens is not None and not (isinstance(n_tokens, Real) and 0 < float(n_tokens) < np.inf):
        raise ParameterError(
            f"The 'n_tokens' argument of bits_per_token must be a number > 0 or None. Got {n_tokens!r} "
            "instead."
        )
    return float(-values.sum() / np.log(2) / (values.size if n_tokens is None else n_tokens))
