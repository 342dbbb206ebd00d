"""What recurrent language models share: reading texts, learning what comes next, and telling."""

from __future__ import annotations

from typing import Any

import torch

from sksequence._params import Rule, boolean, integer, none, number, one_of, param
from sksequence.engine import (
    Budget,
    EncoderWeights,
    RecurrentEstimator,
    RecurrentStack,
    Stream,
    TokenInput,
    guarded,
    with_callbacks,
)
from sksequence.exceptions import InputError, ParameterError
from sksequence.language.generation import TextGeneration
from sksequence.language.probing import TextProbes
from sksequence.language.reading import last_states, log_probabilities
from sksequence.language.vocabulary import Vocabulary
from sksequence.metrics import bits_per_token, perplexity
from sksequence.modules import Encoder, GivenLoss, LanguageNetwork, single_thread
from sksequence.preprocessing import SequenceTokenizer
from sksequence.sequences import SequenceArray

__all__ = ["LanguageModel"]

# With ends in prompts nothing would be left to write, and without their start they would be unlike all texts.
_TOKENIZER = Rule(
    lambda v: isinstance(v, SequenceTokenizer) and not (v.add_start or v.add_end),
    "a SequenceTokenizer without add_start and add_end, since a boundary stands between texts anyway",
)
# Tracks of "auto": each is read in at least so many pieces, and there are at most so many.
_LEAST_PIECES = 8
_LEAST_TRACKS, _MOST_TRACKS = 4, 32


class LanguageModel(TextGeneration, TextProbes, RecurrentStack, TokenInput, RecurrentEstimator):
    """Base of the language models: a stream of tokens in, probabilities out.

    Attributes
    ----------
    tokenizer_ : SequenceTokenizer or None
        What cuts texts into tokens; None where token ids came.
    tokens_ : ndarray of shape (n_tokens_,)
        Tokens in the order of the columns of `predict_proba`: strings, or ids where these have no names.
        The last one is the boundary between texts.
    n_tokens_ : int
        Their number.
    """

    tokenizer: Any = param(
        default=None,
        fixed=True,
        rule=none() | _TOKENIZER,
        doc="""Cuts texts into tokens; a clone of it is fitted. None takes single characters. For words see
        `max_features` and `min_df` of SequenceTokenizer, which say what is unknown. It adds no starts and
        ends, for a boundary between texts is a token of the model's own; `max_length` cuts prompts, too.""",
    )
    n_tokens: Any = param(
        default=None,
        fixed=True,
        rule=none() | integer(1),
        doc="""Number of token ids. None takes those of the tokenizer, or up to the largest id of the training
        data; ids beyond are refused.""",
    )
    embedding_dim: Any = param(
        default="auto",
        rule=one_of("auto") | integer(1) | none(),
        doc="""Width of the learned token vectors; "auto" is that of `embeddings` or `init_from`, 64 where
        they begin at random. None refuses to let them begin so.""",
    )
    hidden_size: int = param(default=256, rule=integer(1), doc="Width of the hidden state, in units.")
    tie_embeddings: bool = param(
        default=False,
        fixed=True,
        rule=boolean(),
        doc="""Whether the token vectors serve the output too (Press & Wolf 2017), after a projection where
        `hidden_size` differs from `embedding_dim`: fewer weights, and better with many words.""",
    )
    bptt: int = param(
        default=64,
        rule=integer(1),
        doc="""Tokens through which errors are propagated back; the state goes on beyond (Mikolov et al.
        2010).""",
    )
    dropout: float = param(
        default=0.0,
        rule=number(0, below=1),
        doc="Share of values dropped between layers and before the output.",
    )
    lr: float = param(default=3e-3, rule=number(above=0), doc="Peak learning rate of AdamW.")
    batch_size: Any = param(
        default="auto",
        rule=one_of("auto") | integer(1),
        doc=f"""Tracks into which the stream of all texts is cut, to be read side by side. "auto" leaves each
        at least {_LEAST_PIECES} pieces of `bptt`, with {_LEAST_TRACKS} to {_MOST_TRACKS} tracks; the outcome
        is in `batch_size_`.""",
    )

    memory: Any = param(
        default=None,
        rule=one_of("auto") | number(1) | none(),
        doc="""Dependency range expected, in tokens, as in the other estimators; "auto" is `bptt`. None,
        torch's own initialisation, learns texts sooner: most of what foretells a token stands right before
    it.""",
    )

    _width = 64

    # Behind max_epochs="auto": optimiser steps wanted, and passes at most where these give steps enough.
    _n_steps = 3000
    _most_passes, _least_steps = 20, 400

    # ------------------------------------------------------------------ fitting
    @with_callbacks
    def fit(self, X, y=None):
        """Learn what comes next.

        All texts become one stream, a boundary between each and the next; it is cut into `batch_size`
        tracks, and these are read in pieces of `bptt` tokens with the state carried from piece to piece
        (Mikolov et al. 2010; Merity et al. 2018). With `early_stopping` the latest part of the stream is
        held back.

        Parameters
        ----------
        X : texts, or sequences of token ids
            A list, array or column of strings; one string is one text. Or ids in any form that
            :func:`~sksequence.as_sequences` reads; a flat list is one sequence.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        InputError
            If X cannot be read; the sentence says where and what to do.
        ParameterError
            If a parameter's value is not allowed.
        NonFiniteLossError
            If training diverged.
        """
        return self._fit(X, "fit", fresh=not self.warm_start)

    def partial_fit(self, X, y=None):
        """Train for one more pass over these texts, with the tokens of the first call.

        Parameters
        ----------
        X : texts, or sequences of token ids
            As in :meth:`fit`.
        y : ignored

        Returns
        -------
        self : object
        """
        return self._fit(X, "partial_fit", fresh=False, epochs=1)

    @guarded
    def _fit(self, X, method: str, *, fresh: bool, epochs: int | None = None):
        self._check_parameters()
        if self.embedding_dim is None and not self._has_vectors:
            raise ParameterError(
                f"The 'embedding_dim' parameter of {type(self).__name__} must be an int >= 1 where no "
                "embeddings are given. Got None instead."
            )
        caller = f"{type(self).__name__}.{method}"
        fresh = self._begins(fresh, caller)
        if fresh:
            self._lexicon, sequences = Vocabulary.learn(X, self.tokenizer, self.n_tokens, caller)
            self.tokenizer_ = self._lexicon.tokenizer
            self.tokens_, self.n_tokens_ = self._lexicon.tokens, len(self._lexicon)
            self.n_features_in_ = 1
        else:
            sequences = self._lexicon.read(X, caller)
        train, valid = self._streams(sequences, caller)
        if fresh:
            self._set_memory(self.bptt)
            self._begin(self._network, GivenLoss())
        budget = self._passes(train)
        if epochs is not None:
            budget = budget.repeated(epochs)
        self._run(train, valid, budget=budget, reported=(X, None))
        return self

    def _streams(self, sequences: SequenceArray, caller: str) -> tuple[Stream, Stream | None]:
        """What is learned from and, with early stopping, what is watched."""
        stream = Stream(self._lexicon.framed(sequences).values[:, 0], self.bptt)
        if not self.early_stopping:
            return stream, None
        train, valid = stream.split(self.validation_fraction)
        if len(train) < 2:
            raise InputError(
                f"{caller}: validation_fraction={self.validation_fraction} of {len(stream)} tokens leaves "
                f"{len(train)} for training, but early_stopping needs both parts. Give more text or set "
                "early_stopping=False."
            )
        return train, valid

    def _passes(self, stream: Stream) -> Budget:
        """Tracks and passes for this stream."""
        tracks = self.batch_size
        if tracks == "auto":
            tracks = max(_LEAST_TRACKS, min(_MOST_TRACKS, len(stream) // (_LEAST_PIECES * self.bptt)))
        tracks = min(tracks, len(stream))
        pieces, passes = stream.n_pieces(tracks), self.max_epochs
        if passes == "auto":
            passes = min(self._most_passes, -(-self._n_steps // pieces))
            passes = max(self._min_passes, passes, -(-self._least_steps // pieces))
        return Budget(tracks, passes, None, passes * pieces)

    def _row_counts(self, n_tokens, names):
        # The boundary between texts is an id of our own, which vectors learned elsewhere do not know.
        return range(n_tokens - 1, n_tokens + 1)

    def _initial_deviation(self, width):
        # Adam moves every weight by about `lr` a step, so that large vectors mostly stay what they were drawn
        # as. As inputs they tell tokens apart all the same; as outputs they have to learn. With this one
        # all tokens begin about equally likely.
        return width**-0.5 if self.tie_embeddings else self._deviation

    def _network(self, generator: torch.Generator) -> LanguageNetwork:
        ids = SequenceArray([self._lexicon.boundary], [0], [1], vocabulary=self._lexicon.labels)
        table = self._embedding(ids, generator)
        encoder = Encoder(
            self._cell,
            table,
            table.output_size,
            hidden_size=self.hidden_size,
            num_layers=self.num_layers,
            layer_norm=self.layer_norm,
            memory=self.memory_,
            dropout=self.dropout,
            input_dropout=self.input_dropout,
            recurrent_dropout=self.recurrent_dropout,
            generator=generator,
            **self._kernel_options(),
        )
        self._begin_with_weights(encoder, self._cell, self.get_params(deep=False))
        return LanguageNetwork(
            encoder,
            n_tokens=self.n_tokens_,
            tied=self.tie_embeddings,
            dropout=self.dropout,
            generator=generator,
        )

    def encoder_weights(self) -> EncoderWeights:
        """Token vectors and recurrent layers, for `init_from` of other estimators.

        Returns
        -------
        weights : EncoderWeights
            A value that does not change when this model learns on.
        """
        self._check_fitted()
        return EncoderWeights(self._cell, self.net_.module_.encoder, self._lexicon.labels)

    # ------------------------------------------------------------------ how well texts are foretold
    def _read(self, X, method: str) -> SequenceArray:
        """The ids of texts, each with the boundary before it."""
        caller = f"{type(self).__name__}.{method}"
        return self._lexicon.framed(self._lexicon.read(X, caller))

    def _reader(self) -> LanguageNetwork:
        """The network, reading."""
        self._check_fitted()
        return self.net_.module_.eval()

    def log_proba(self, X):
        """Log-probability of every token of the texts, given those before it.

        Parameters
        ----------
        X : texts, or sequences of token ids
            As in :meth:`fit`. Each is read from its beginning, on its own.

        Returns
        -------
        log_proba : list of ndarray of float64 of shape (n_tokens_i,)
            Natural logarithms. The end of a text is no token of it.
        """
        return log_probabilities(self._reader(), self._read(X, "log_proba"))

    def score(self, X, y=None):
        """Minus the bits a token: the mean of the logarithms to base 2 of all tokens' probabilities.

        Parameters
        ----------
        X : texts, or sequences of token ids
            As in :meth:`fit`.
        y : ignored

        Returns
        -------
        score : float
            At most 0; higher is better, as scikit-learn's searches expect. For a model of characters it is
            minus the bits a character.

        Raises
        ------
        InputError
            If there is no token, or X is of another kind than what the model was fitted on.
        """
        return -bits_per_token(self._told(X, "score"))

    def perplexity(self, X):
        """Among how many equally likely tokens the model would be as uncertain as it is.

        Parameters
        ----------
        X : texts, or sequences of token ids
            As in :meth:`fit`.

        Returns
        -------
        perplexity : float
            At least 1; ``2 ** -score(X)``.
        """
        return perplexity(self._told(X, "perplexity"))

    def _told(self, X, method: str) -> list:
        """Log-probabilities of texts of which one at least has a token."""
        network, read = self._reader(), self._read(X, method)
        if read.lengths.max() < 2:
            raise InputError(
                f"{type(self).__name__}.{method}: {len(read)} empty text(s) came, but at least one token is "
                "needed. Check the filter or split that made X."
            )
        return log_probabilities(network, read)

    # ------------------------------------------------------------------ what comes next
    def predict_proba(self, X):
        """Probability of every token to come next after each text.

        Parameters
        ----------
        X : texts, or sequences of token ids
            As in :meth:`fit`; an empty string asks for the first token.

        Returns
        -------
        proba : ndarray of float64 of shape (n_samples, n_tokens_)
            Columns in the order of `tokens_`; the last is the probability that the text ends.
        """
        scores, _ = last_states(self._reader(), self._read(X, "predict_proba"))
        with single_thread():
            return torch.from_numpy(scores).double().softmax(dim=1).numpy()

    def predict(self, X):
        """Most probable token to come next after each text.

        Parameters
        ----------
        X : texts, or sequences of token ids
            As in :meth:`fit`; an empty string asks for the first token.

        Returns
        -------
        tokens : ndarray of shape (n_samples,)
            Members of `tokens_`; the last of these means that the text ends.
        """
        scores, _ = last_states(self._reader(), self._read(X, "predict"))
        return self.tokens_[scores.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = False
        tags.non_deterministic = False
        return tags
