"""Which steps and features matter: a hand-written loop, true answers, and every form of input."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.metrics import get_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    GRUClassifier,
    GRUForecaster,
    ImportanceDisplay,
    LSTMClassifier,
    LSTMTagger,
    PerTimestep,
    RNNClassifier,
    SequenceArray,
    SequenceTokenizer,
    SummaryFeatures,
)
from sksequence.exceptions import InputError
from sksequence.inspection import attention_weights, sequence_permutation_importance

SMALL = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


@pytest.fixture
def plt():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    yield pyplot
    pyplot.close("all")


class Recorder:
    """Reads sequences as they come, and remembers them; its score is a sum that depends on the order."""

    def __init__(self):
        self.seen = []

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        self.seen.append(copy.deepcopy(X))
        return float(sum((i + 1) * np.nansum(item) for i, item in enumerate(X)))


def exchanged(before, after, n_features):
    """Lags and features at which any sequence of a list differs."""
    longest = max(map(len, before))
    differs = np.zeros((longest, n_features), dtype=bool)
    for old, new in zip(before, after, strict=True):
        differs[: len(old)] |= (old != new)[::-1]
    return differs


def test_each_part_is_exchanged_at_its_own_lags(ragged):
    recorder = Recorder()
    sequence_permutation_importance(recorder, ragged, n_blocks=3, n_repeats=1, joint=True, random_state=0)
    first, *permuted = recorder.seen
    assert len(permuted) == 3 + 2 + 2 * 3
    for old, new in zip(ragged, first, strict=True):
        np.testing.assert_array_equal(old, new)
    blocks, channels, joint = permuted[:3], permuted[3:5], permuted[5:]
    parts = [(slice(8, 12), slice(None)), (slice(4, 8), slice(None)), (slice(0, 4), slice(None))]
    parts += [(slice(None), slice(0, 1)), (slice(None), slice(1, 2))]
    parts += [(lags, slice(i, i + 1)) for i in range(2) for lags, _ in parts[:3]]
    for after, (lags, features) in zip(blocks + channels + joint, parts, strict=True):
        differs = exchanged(ragged, after, 2)
        outside = differs.copy()
        outside[lags, features] = False
        assert not outside.any()
        # Of the longest sequences few are left to exchange with.
        assert differs[lags, features].mean() > 0.4


def test_values_come_from_the_same_lag_of_one_other_sequence(ragged):
    recorder = Recorder()
    sequence_permutation_importance(recorder, ragged, n_blocks=1, n_repeats=3, random_state=1)
    for after in recorder.seen[1:4]:
        givers = []
        for old, new in zip(ragged, after, strict=True):
            assert new.shape == old.shape
            others = [o for o, other in enumerate(ragged) if np.array_equal(other[-1], new[-1])]
            assert len(others) == 1
            shared = min(len(old), len(ragged[others[0]]))
            np.testing.assert_array_equal(new[-shared:], ragged[others[0]][-shared:])
            np.testing.assert_array_equal(new[:-shared], old[:-shared])
            givers += others
        assert sorted(givers) == list(range(12))


def test_importance_is_the_fall_in_a_hand_written_loop(rng):
    X = rng.normal(size=(30, 7, 2))
    y = np.where(X[:, -1, 0] > 0, "up", "down")
    model = GRUClassifier(**SMALL).fit(X, y)
    scoring = "neg_log_loss"
    found = sequence_permutation_importance(
        model, X, y, n_blocks=3, n_repeats=2, scoring=scoring, joint=True, random_state=5
    )
    scorer = get_scorer(scoring)
    baseline = scorer(model, X, y)
    assert found.baseline == baseline
    draws = np.random.default_rng(5)

    def falls(steps, features):
        scores = []
        for _ in range(2):
            permuted, order = X.copy(), draws.permutation(30)
            for i in range(30):
                for t in steps:
                    permuted[i, t, features] = X[order[i], t, features]
            scores.append(scorer(model, permuted, y))
        return baseline - np.array(scores)

    spans = [range(0, 2), range(2, 5), range(5, 7)]
    assert found.blocks[["first", "last"]].to_numpy().tolist() == [[s.start - 7, s.stop - 8] for s in spans]
    blocks = np.array([falls(span, slice(None)) for span in spans])
    np.testing.assert_allclose(found.blocks["mean"], blocks.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(found.blocks["std"], blocks.std(axis=1), atol=1e-6)
    channels = np.array([falls(range(7), [i]) for i in range(2)])
    np.testing.assert_allclose(found.channels["mean"], channels.mean(axis=1), atol=1e-6)
    joint = [[falls(span, [i]).mean() for span in spans] for i in range(2)]
    np.testing.assert_allclose(found.joint, joint, atol=1e-6)


class Reader(RegressorMixin, BaseEstimator):
    """Says what stands in one feature at one step."""

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        return X[:, 4, 1]


def test_what_the_estimator_reads_is_found_and_nothing_else(rng):
    X = rng.normal(size=(400, 12, 3))
    found = sequence_permutation_importance(Reader(), X, X[:, 4, 1], n_blocks=4, joint=True, random_state=0)
    # R² of an independent copy is 1 - 2 on average.
    assert found.blocks["mean"].to_numpy() == pytest.approx([0, 2, 0, 0], abs=0.1)
    assert found.channels["mean"].to_numpy() == pytest.approx([0, 2, 0], abs=0.1)
    elsewhere = found.joint.to_numpy(copy=True)
    assert elsewhere[1, 1] == pytest.approx(2, abs=0.1)
    elsewhere[1, 1] = 0
    assert (elsewhere == 0).all()


def forms(X):
    values = X[:, :, 0]
    table = pd.DataFrame(values, columns=[f"t{i}" for i in range(values.shape[1])])
    return {
        "table": values,
        "frame": table,
        "list": list(values),
        "tuple": tuple(X),
        "array": X,
        "sequences": SequenceArray.from_list(list(X)),
    }


@pytest.mark.parametrize("form", ["table", "frame", "list", "tuple", "array", "sequences"])
def test_estimators_get_the_form_that_came(form, rng):
    X = rng.normal(size=(20, 6, 1))
    given, y = forms(X)[form], np.arange(20) % 2
    model = RNNClassifier(**SMALL).fit(given, y)
    options = {"n_blocks": 2, "n_repeats": 2, "scoring": "neg_log_loss", "random_state": 0}
    found = sequence_permutation_importance(model, given, y, **options)
    plain = sequence_permutation_importance(RNNClassifier(**SMALL).fit(X, y), X, y, **options)
    np.testing.assert_allclose(found.blocks, plain.blocks, atol=1e-6)


def test_trailing_nan_stays_padding(rng):
    X = rng.normal(size=(9, 5, 2))
    X[::3, 3:] = np.nan
    recorder = Recorder()
    sequence_permutation_importance(recorder, X, n_blocks=2, n_repeats=1, random_state=0)
    for after in recorder.seen:
        np.testing.assert_array_equal(np.isnan(after), np.isnan(X))


def test_overlapping_views_are_exchanged_one_by_one(rng):
    values = rng.normal(size=(12, 1))
    windows = SequenceArray(values, np.arange(8), np.full(8, 5))
    recorder = Recorder()
    sequence_permutation_importance(recorder, windows, n_blocks=5, n_repeats=1, random_state=0)
    for block, after in enumerate(recorder.seen[1:6]):
        differs = np.stack(list(after)) != np.stack(list(windows))
        assert not np.delete(differs, block, axis=1).any()
    np.testing.assert_array_equal(windows.values, values)


def test_any_estimator_of_sequences_will_do(ragged):
    y = np.arange(12) % 2
    network = LSTMClassifier(**SMALL)
    estimators = [
        make_pipeline(PerTimestep(StandardScaler()), network),
        make_pipeline(SummaryFeatures(), GaussianNB()),
        VotingClassifier([("a", network), ("b", GRUClassifier(**SMALL))], voting="soft"),
        DummyClassifier(),
    ]
    X = SequenceArray.from_list(ragged)
    for estimator in estimators:
        found = sequence_permutation_importance(estimator.fit(X, y), X, y, n_blocks=2, random_state=0)
        assert found.baseline == estimator.score(X, y)
    assert (found.blocks["mean"] == 0).all()  # the dummy looks at nothing


def test_taggers_and_tokens(rng):
    tokens = [rng.integers(0, 5, length) for length in (9, 4, 7, 8, 6, 5, 9, 8)]
    labels = [t % 2 for t in tokens]
    model = LSTMTagger(embedding_dim=4, hidden_size=8, max_epochs=40, lr=0.03, dropout=0.0, random_state=0)
    found = sequence_permutation_importance(
        model.fit(tokens, labels), tokens, labels, n_blocks=2, random_state=0
    )
    assert found.baseline == model.score(tokens, labels) > 0.9
    # Labels of other tokens are right by chance: about half of them.
    assert 0.2 < found.channels["mean"].item() < 0.6


def test_texts_say_what_to_pass():
    texts, y = ["good film", "bad film", "a good one"] * 4, [1, 0, 1] * 4
    pipe = make_pipeline(SequenceTokenizer(), GRUClassifier(**SMALL)).fit(texts, y)
    with pytest.raises(
        InputError, match=r"pass its last step pipe\[-1\], and pipe\[:-1\]\.transform\(X\) as X"
    ):
        sequence_permutation_importance(pipe, texts, y)
    tokens = pipe[:-1].transform(texts)
    found = sequence_permutation_importance(pipe[-1], tokens, y, n_blocks=1, random_state=0)
    assert found.baseline == pipe.score(texts, y)


def test_nothing_is_changed_and_the_seed_decides(ragged):
    y = np.arange(12) % 2
    model = LSTMClassifier(**SMALL).fit(ragged, y)
    before, states = copy.deepcopy(ragged), str(np.random.get_state())  # noqa: NPY002
    drawn, probabilities = torch.get_rng_state(), model.predict_proba(ragged)
    seeds = (0, 0, 1, None)
    options = {"scoring": "neg_log_loss", "n_repeats": 2}
    falls = [
        sequence_permutation_importance(model, ragged, y, random_state=s, **options).blocks for s in seeds
    ]
    pd.testing.assert_frame_equal(falls[0], falls[1])
    assert not falls[0].equals(falls[2])
    assert not falls[0].equals(falls[3])
    assert str(np.random.get_state()) == states  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), drawn)
    np.testing.assert_array_equal(model.predict_proba(ragged), probabilities)
    for old, new in zip(before, ragged, strict=True):
        np.testing.assert_array_equal(old, new)


def test_blocks_cover_every_step_once(ragged):
    for n_blocks in (1, 5, 12, 40):
        recorder = Recorder()
        found = sequence_permutation_importance(
            recorder, ragged, n_blocks=n_blocks, n_repeats=1, random_state=0
        )
        steps = [range(int(a), int(b) + 1) for a, b in found.blocks[["first", "last"]].to_numpy()]
        assert [step for span in steps for step in span] == list(range(-12, 0))
        assert len(found.blocks) == min(n_blocks, 12)


def test_what_cannot_be_measured_is_refused(season, ragged):
    with pytest.warns(UserWarning, match="skill"):
        forecaster = GRUForecaster(window=20, max_epochs=1, hidden_size=4, random_state=0).fit(season)
    with pytest.raises(InputError, match=r"a GRUForecaster came, which reads series"):
        sequence_permutation_importance(forecaster, season)
    with pytest.raises(InputError, match=r"n_blocks=0 came, but an int >= 1 is needed"):
        sequence_permutation_importance(Recorder(), ragged, n_blocks=0)


def test_repr_names_what_matters_most(rng):
    X = rng.normal(size=(60, 6, 2))
    model = GRUClassifier(hidden_size=8, random_state=0).fit(X, X[:, -1, 1] > 0)
    text = repr(sequence_permutation_importance(model, X, X[:, -1, 1] > 0, n_blocks=6, random_state=0))
    assert text.startswith("SequenceImportance(score ")
    assert "falls: -1: " in text
    assert "features: 1: " in text


# ---------------------------------------------------------------------- attention
@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"patch_size": 3}])
def test_attention_weights_make_the_pooled_state(options, ragged):
    model = LSTMClassifier(pooling=("attention",), **SMALL, **options).fit(ragged, np.arange(12) % 2)
    found = attention_weights(model, ragged)
    module = model.net_.module_.eval()
    for weights, sequence in zip(found, ragged, strict=True):
        values, lengths = torch.from_numpy(sequence[None]), torch.tensor([len(sequence)])
        with torch.no_grad():
            states, n_steps = module.encoder(values, lengths)
            pooled = module.pooling(states, n_steps)[0]
        assert weights.shape == (-(-len(sequence) // options.get("patch_size", 1)),)
        assert weights.sum() == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(weights @ states[0].numpy(), pooled, atol=1e-5)


def test_attention_beside_other_poolings_and_in_a_pipeline(ragged):
    model = GRUClassifier(pooling=("last", "attention"), **SMALL)
    pipe = make_pipeline(PerTimestep(StandardScaler()), model).fit(ragged, np.arange(12) % 2)
    scaled = pipe[:-1].transform(ragged)
    for a, b in zip(attention_weights(pipe, ragged), attention_weights(pipe[-1], scaled), strict=True):
        np.testing.assert_array_equal(a, b)


def test_other_poolings_have_no_weights(ragged):
    model = GRUClassifier(pooling="mean", **SMALL).fit(ragged, np.arange(12) % 2)
    with pytest.raises(InputError, match=r"pooling=\['mean'\] came, but only \"attention\" has weights"):
        attention_weights(model, ragged)


# ---------------------------------------------------------------------- pictures
def test_bars_are_the_importances(rng, plt):
    X = rng.normal(size=(40, 6, 2))
    model = GRUClassifier(**SMALL).fit(X, X[:, -1, 1] > 0)
    display = ImportanceDisplay.from_estimator(model, X, X[:, -1, 1] > 0, n_blocks=3, random_state=0)
    told = display.importance_
    heights = [bar.get_height() for bar in display.axes_[0].patches]
    np.testing.assert_allclose(heights, told.blocks["mean"])
    assert [bar.get_x() for bar in display.axes_[0].patches] == [-6.5, -4.5, -2.5]
    widths = [bar.get_width() for bar in display.axes_[1].patches]
    np.testing.assert_allclose(widths, np.sort(told.channels["mean"])[::-1])


def test_map_shows_features_by_time(rng, plt):
    X = rng.normal(size=(40, 6, 2))
    model = GRUClassifier(**SMALL).fit(X, X[:, -1, 1] > 0)
    _, ax = plt.subplots()
    found = sequence_permutation_importance(model, X, X[:, -1, 1] > 0, n_blocks=3, joint=True, random_state=0)
    display = found.plot(ax=ax)
    assert display.ax_ is ax
    np.testing.assert_allclose(ax.collections[0].get_array(), found.joint)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["feature 0", "feature 1"]
