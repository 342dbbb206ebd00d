"""compare: scores are those of cross-validation, tests those of the paper, costs those of the models."""

import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from joblib import parallel_config
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sksequence import (
    GRUClassifier,
    LSTMClassifier,
    LSTMForecaster,
    LSTMLanguageModel,
    LSTMRegressor,
    LSTMTagger,
    NaiveForecaster,
    PerTimestep,
    RNNClassifier,
    RollingOriginSplit,
    SequenceTokenizer,
    SummaryFeatures,
    WordFeatures,
    compare,
    forecast_scorer,
)
from sksequence.exceptions import InputError, NoSkillWarning, ParameterError
from sksequence.metrics import entity_f1, entity_precision, entity_recall, token_accuracy
from sksequence.model_selection import ComparisonDisplay
from sksequence.model_selection.candidates import candidates, task_of
from sksequence.model_selection.footprint import peak_memory
from sksequence.model_selection.measures import answer_times, n_bytes, n_parameters
from sksequence.model_selection.significance import corrected_t_test

SMALL = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
FORECASTS = {**SMALL, "horizon": 3, "validation_fraction": None}
COSTS = ["fit_time_s", "predict_p50_ms", "predict_p99_ms", "step_p50_us", "step_p99_us", "sequences_per_s"]


@pytest.fixture
def labelled(rng):
    """Thirty-six ragged sequences of two features, and whether they end higher than they begin."""
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 9, size=36)]
    return X, np.array([x[-1, 0] > x[0, 0] for x in X])


def compared(estimators, X, y=None, **options):
    """A comparison of networks too small to have skill."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoSkillWarning)
        return compare(estimators, X, y, **({"cv": 3, "n_calls": 5} | options))


# Scores ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_scores_are_those_of_cross_validation(labelled, scoring):
    X, y = labelled
    networks = {"rnn": RNNClassifier(**SMALL), "gru": GRUClassifier(**SMALL)}
    found = compared(networks, X, y, scoring=scoring)
    assert set(found.scores) == {"rnn", "gru", "dummy", "linear"}
    for name, model in found.estimators.items():
        theirs = cross_val_score(model, X, y, cv=3, scoring=scoring)
        assert np.array_equal(found.scores[name], theirs), name
    means = found.scores.mean().sort_values(ascending=False)
    assert np.array_equal(found.table["score"], means)
    assert found.best == means.index[0]


def test_scores_of_forecasters_are_those_of_rolling_origins(season):
    found = compared({"LSTM": LSTMForecaster(**FORECASTS)}, pd.Series(season), scoring="mae")
    assert set(found.scores) == {"LSTM", "naive", "seasonal naive", "linear"}
    folds = RollingOriginSplit(3, horizon=3)
    for name, model in found.estimators.items():
        theirs = cross_val_score(model, pd.Series(season), cv=folds, scoring=forecast_scorer("mae"))
        assert np.array_equal(found.scores[name], theirs), name
    # Rows of an array are seen to follow those of training, too.
    array = compared({"LSTM": LSTMForecaster(**FORECASTS)}, season, scoring="mae")
    pd.testing.assert_frame_equal(array.scores, found.scores)


def test_defaults_are_three_networks_for_the_task(labelled, season):
    X, y = labelled
    found = compared(None, X, y, cv=KFold(2), random_state=3)
    assert list(found.estimators) == ["RNN", "LSTM", "GRU", "dummy", "linear"]
    assert found.estimators["GRU"].random_state == 3
    assert isinstance(found.estimators["LSTM"], LSTMClassifier)
    assert found.task == "classification"


def test_long_table_is_compared_as_its_sequences_are(labelled):
    X, y = labelled
    keys = [f"s{i:02d}" for i in range(len(X))]
    table = pd.concat({key: pd.DataFrame(x) for key, x in zip(keys, X, strict=True)})
    shuffled = pd.Series(y, index=keys).sample(frac=1, random_state=0)
    network = {"rnn": RNNClassifier(**SMALL)}
    long, ragged = compared(network, table, shuffled), compared(network, X, y)
    pd.testing.assert_frame_equal(long.scores, ragged.scores)


def test_groups_stay_together(labelled):
    X, y = labelled
    groups = np.arange(len(X)) % 4
    found = compared(RNNClassifier(**SMALL), X, y, cv=GroupKFold(4), groups=groups)
    theirs = cross_val_score(RNNClassifier(**SMALL), X, y, cv=GroupKFold(4), groups=groups)
    assert np.array_equal(found.scores["RNNClassifier"], theirs)


def test_scores_do_not_depend_on_how_many_fits_run_at_a_time(labelled):
    X, y = labelled
    networks = [RNNClassifier(**SMALL), GRUClassifier(**SMALL)]
    alone = compared(networks, X, y)
    with parallel_config(backend="threading"):
        together = compared(networks, X, y, n_jobs=2)
    pd.testing.assert_frame_equal(together.scores, alone.scores)


def test_pipelines_ensembles_and_other_estimators_take_part(labelled):
    X, y = labelled
    members = [("rnn", RNNClassifier(**SMALL)), ("gru", GRUClassifier(**SMALL))]
    found = compared(
        {
            "pipeline": make_pipeline(PerTimestep(StandardScaler()), RNNClassifier(**SMALL)),
            "voting": VotingClassifier(members, voting="soft"),
            "summary": make_pipeline(SummaryFeatures(), LogisticRegression()),
        },
        X,
        y,
        baselines=False,
    )
    assert list(found.scores) == ["pipeline", "voting", "summary"]
    sizes = found.table["n_parameters"]
    alone = [n_parameters(model.fit(X, y)) for _, model in members]
    assert sizes["pipeline"] == alone[0]
    assert sizes["voting"] == sum(alone)
    assert sizes["summary"] == 7 * 2 + 1 + 1
    assert found.table["epochs"].dropna().to_dict() == {"pipeline": 2}


def test_texts_have_a_linear_baseline_of_words():
    texts = ["good fine film", "bad dull film", "fine good plot", "dull bad plot"] * 3
    y = ["yes", "no"] * 6
    reader = make_pipeline(SequenceTokenizer(), RNNClassifier(embedding_dim=2, **SMALL))
    found = compared({"words": reader}, texts, y, cv=StratifiedKFold(2))
    assert found.table["score"]["linear"] == 1.0
    columns = [
        pd.Series(texts),
        np.array(texts),
        pl.Series(texts),
        pa.chunked_array([texts]),
        pd.DataFrame({"t": texts}),
    ]
    for column in [*columns, [text.split() for text in texts]]:
        again = compared({"words": reader}, column, y, cv=StratifiedKFold(2))
        pd.testing.assert_frame_equal(again.scores, found.scores)
    tokens = SequenceTokenizer().fit_transform(texts)
    found = compared({"ids": RNNClassifier(embedding_dim=2, **SMALL)}, tokens, y, cv=StratifiedKFold(2))
    assert found.table["score"]["linear"] == 1.0


def test_columns_of_ids_have_a_linear_baseline_of_their_counts(rng):
    X = [np.column_stack([rng.integers(0, 6, size=n), rng.normal(size=n)]) for n in rng.integers(3, 9, 60)]
    y = np.array([(x[:, 0] == 2).any() for x in X])
    words = [[f"w{int(id_)}" for id_ in x[:, 0]] for x in X]
    settings = {"embedding_dim": 3, "hidden_size": 4, "max_epochs": 1, "random_state": 0}
    fold = [(np.arange(40), np.arange(40, 60))]
    several = WordFeatures(min_count=1).fit_transform(words)
    table = several.to_long()
    index = pd.MultiIndex.from_tuples([(i, t) for i, x in enumerate(X) for t in range(len(x))])
    mixed = pd.DataFrame(np.concatenate(X), index=index, columns=["code", "much"])
    mixed["code"] = mixed["code"].astype("category")
    for data, columns in ((X, [0]), (several, None), (several, "all"), (table, None), (mixed, None)):
        network = GRUClassifier(token_features=columns, **settings)
        assert compared({"network": network}, data, y, cv=fold).table["score"]["linear"] >= 0.9


def test_taggers_and_language_models_are_compared_without_baselines(rng):
    X = [rng.normal(size=(n, 1)) for n in rng.integers(2, 6, size=12)]
    found = compared({"LSTM": LSTMTagger(**SMALL)}, X, [(x[:, 0] > 0).astype(int) for x in X])
    assert (found.task, list(found.scores)) == ("tagging", ["LSTM"])
    texts = [rng.integers(5, size=20).tolist() for _ in range(12)]
    found = compared({"LSTM": LSTMLanguageModel(hidden_size=4, max_epochs=1, random_state=0)}, texts)
    assert (found.task, list(found.scores)) == ("language", ["LSTM"])
    assert np.isfinite(found.table["score"]).all()


def test_texts_without_targets_are_for_language_models():
    texts = ["the cat sat", "a dog ran", "on the mat", "to the cat"]
    tokens = SequenceTokenizer().fit_transform(texts)
    assert [task_of({}, X, None) for X in (texts, pd.Series(texts), tokens)] == ["language"] * 3
    assert [task_of({}, X, None) for X in ([1.0, 2.0], np.zeros((9, 2)))] == ["forecasting"] * 2
    assert task_of({}, texts, [0, 1, 0, 1]) == "classification"
    models = candidates({}, "language", horizon=None, random_state=0)
    assert {name: type(model).__name__ for name, model in models.items()} == {
        cell: f"{cell}LanguageModel" for cell in ("RNN", "LSTM", "GRU")
    }


def test_scores_of_taggers_go_by_name(rng):
    X = [rng.normal(size=(n, 1)) for n in rng.integers(2, 6, size=12)]
    y = [np.where(x[:, 0] > 0, "B-UP", "O") for x in X]
    networks = {"LSTM": LSTMTagger(**(SMALL | {"max_epochs": 20}))}
    for metric in (token_accuracy, entity_f1, entity_precision, entity_recall):
        found = compared(networks, X, y, scoring=metric.__name__)
        by_hand = compared(networks, X, y, scoring=make_scorer(metric))
        assert found.scoring == metric.__name__
        pd.testing.assert_frame_equal(found.scores, by_hand.scores)
        assert found.scores.to_numpy().min() > 0
    with pytest.raises(ParameterError, match=r"None, 'token_accuracy', 'entity_f1', .* Got 'f1_macro'"):
        compared(networks, X, y, scoring="f1_macro")
    model = LSTMLanguageModel(hidden_size=4, max_epochs=1)
    with pytest.raises(ParameterError, match=r"None or a callable for language, .* Got 'perplexity' instead"):
        compared({"LSTM": model}, ["a b"] * 9, scoring="perplexity")


def test_taggers_read_long_tables(rng):
    X = [rng.normal(size=(n, 1)) for n in rng.integers(2, 6, size=12)]
    y = [(x[:, 0] > 0).astype(int) for x in X]
    index = pd.MultiIndex.from_tuples([(i, t) for i, x in enumerate(X) for t in range(len(x))])
    table = pd.DataFrame({"x": np.concatenate(X)[:, 0]}, index=index)
    labels = pd.Series(np.concatenate(y), index=index)
    networks = {"LSTM": LSTMTagger(**SMALL)}
    long, ragged = compared(networks, table[::-1], labels), compared(networks, X, y)
    pd.testing.assert_frame_equal(long.scores, ragged.scores)
    assert task_of({}, table, labels) == "tagging"
    groups = index.get_level_values(0) % 4
    grouped = compared(networks, table, labels, cv=GroupKFold(3), groups=groups)
    listed = compared(networks, X, y, cv=GroupKFold(3), groups=np.arange(12) % 4)
    pd.testing.assert_frame_equal(grouped.scores, listed.scores)
    with pytest.raises(InputError, match=r"the rows of sequence . are of 2 groups, but a sequence belongs"):
        compared(networks, table, labels, cv=GroupKFold(3), groups=np.arange(len(table)) % 2)
    with pytest.raises(InputError, match="the ids of y and X differ, first 1 and 0"):
        compared(networks, table, labels.rename(lambda i: i + 1, level=0))


# The test of differences -------------------------------------------------------------------------
def test_test_of_differences_is_that_of_the_paper(rng):
    d = rng.normal(0.02, 0.02, size=10)
    assert corrected_t_test(d, 0.0) == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    t = d.mean() / np.sqrt((1 / 10 + 1 / 9) * d.var(ddof=1))
    assert corrected_t_test(d, 1 / 9) == pytest.approx(2 * stats.t.sf(t, 9))
    assert corrected_t_test(-d, 1 / 9) == corrected_t_test(d, 1 / 9)


def test_test_of_differences_without_variance_or_folds():
    assert corrected_t_test([0.0, 0.0, 0.0], 0.5) == 1.0
    assert corrected_t_test([0.1, 0.1, 0.1], 0.5) == 0.0
    assert np.isnan(corrected_t_test([0.1], 0.5))
    assert np.isnan(corrected_t_test([0.1, np.nan], 0.5))


def test_two_models_are_tested_on_their_folds(labelled):
    found = compared([RNNClassifier(**SMALL), GRUClassifier(**SMALL)], *labelled)
    d = found.scores["RNNClassifier"] - found.scores["GRUClassifier"]
    assert found.test("RNNClassifier", "GRUClassifier") == corrected_t_test(d, 0.5)
    worse = found.table.index[-1]
    assert found.table["p_value"][worse] == found.test(found.best, worse)
    with pytest.raises(InputError, match=r"Comparison.test: 'x' came, but the models are \['RNNClassifier'"):
        found.test("x", "linear")


# Costs -------------------------------------------------------------------------------------------
def test_costs_are_those_of_the_models(labelled):
    X, y = labelled
    found = compared({"gru": GRUClassifier(**SMALL)}, X, y)
    (train, _) = list(StratifiedKFold(3).split(np.zeros(len(y)), y))[-1]
    model = GRUClassifier(**SMALL).fit([X[i] for i in train], y[train])
    row = found.table.loc["gru"]
    assert (row.n_parameters, row.epochs) == (model.n_parameters_, 2)
    assert row.size_bytes == pytest.approx(n_bytes(model), rel=0.02)
    assert found.table["n_parameters"]["linear"] == 7 * 2 + 1 + 1
    assert found.table["n_parameters"]["dummy"] == 0
    assert (found.table[COSTS] > 0).all(axis=None)
    assert (found.table["predict_p99_ms"] >= found.table["predict_p50_ms"]).all()


class Slow:
    """Answers after as many seconds as the sequences have steps, by a clock that stands still otherwise."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr("time.perf_counter", lambda: self.now)

    def predict(self, X):
        self.now += sum(map(len, X))


def test_times_are_those_of_each_call(monkeypatch):
    X = [np.zeros((n, 1)) for n in (1, 2, 3, 4)]
    times = answer_times(Slow(monkeypatch), X, None, n_calls=4)
    assert times.calls.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert (times.seconds(50), times.seconds_per_step(99)) == (2.5, 1.0)
    assert times.in_batches == 2.5


def test_memory_range_is_measured(rng):
    X = rng.normal(size=(240, 8, 1))
    model = LSTMRegressor(hidden_size=16, pooling="last", max_epochs=40, random_state=0)
    found = compare({"LSTM": model}, X, X[:, -3, 0], cv=2, n_calls=3)
    assert found.table["half_life_steps"]["LSTM"] == 2
    assert np.isnan(found.table["lag_95_steps"]["linear"])


def test_peak_memory_is_that_of_the_fit(rng):
    n = 2_500
    taken = peak_memory(KernelRidge(), rng.normal(size=(n, 1)), rng.normal(size=n))
    kernel = 8 * n**2  # 50 MB
    assert kernel <= taken < 4 * kernel


def test_memory_of_what_another_process_cannot_find_is_refused(labelled):
    with pytest.raises(InputError, match="a Failing cannot be fitted in a new process"):
        peak_memory(Failing(), *labelled)


# Warnings and refusals ---------------------------------------------------------------------------
def test_networks_without_skill_are_told_of(rng):
    X = rng.normal(size=(60, 5, 1))
    with pytest.warns(NoSkillWarning, match=r"compare: accuracy .* of rnn, the best network, is not above"):
        compare({"rnn": RNNClassifier(lr=1e-9, **SMALL)}, X, X.mean(axis=(1, 2)) > 0, cv=2, n_calls=1)


class Failing(ClassifierMixin, BaseEstimator):
    """Learns nothing where the first label is true."""

    def fit(self, X, y):
        if y[0]:
            raise RuntimeError("out of order")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=bool)


def test_failures_are_raised_or_told_of(rng):
    X, y = rng.normal(size=(12, 3, 1)), np.arange(12) % 4 >= 2
    y[0], y[6] = (
        True,
        False,
    )  # the first label of the training rows of the last fold is true, of the other not
    with pytest.raises(RuntimeError, match="out of order"):
        compare({"failing": Failing()}, X, y, cv=KFold(2), n_calls=1)
    with pytest.warns(FitFailedWarning, match=r"failing failed in 1 of 2 folds.*RuntimeError: out of order"):
        found = compared({"failing": Failing()}, X, y, cv=KFold(2), error_score=np.nan)
    assert found.scores["failing"].isna().tolist() == [False, True]
    assert found.table.index[-1] == "failing"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n_calls": 0}, "The 'n_calls' parameter of compare must be an int >= 1. Got 0 instead."),
        ({"task": "guessing"}, "The 'task' parameter of compare must be 'classification' or 'regression'"),
        ({"task": "regression"}, "must be None or 'classification', the task of the estimators. Got"),
        ({"horizon": 2}, "The 'horizon' parameter of compare must be None unless the default forecasters"),
    ],
)
def test_parameters_are_checked(labelled, options, sentence):
    with pytest.raises(ParameterError, match=sentence):
        compare([RNNClassifier(**SMALL)], *labelled, **options)


def test_models_of_other_tasks_or_horizons_are_refused(labelled, season):
    X, y = labelled
    with pytest.raises(InputError, match="only models of one task can be compared"):
        compare({"a": RNNClassifier(), "b": LSTMRegressor()}, X, y)
    with pytest.raises(InputError, match=r"forecasters of horizons \[1, 2\] came"):
        compare([NaiveForecaster(horizon=1), NaiveForecaster(horizon=2)], season)
    with pytest.raises(InputError, match="y is None, but classification needs a target for each sequence"):
        compare([RNNClassifier()], X)


# What is shown -----------------------------------------------------------------------------------
def test_comparison_reads_well(labelled, capsys):
    found = compared({"rnn <1>": RNNClassifier(**SMALL)}, *labelled, verbose=1)
    lines = repr(found).splitlines()
    assert lines[0] == "Comparison for classification, 3 folds"
    assert lines[1].split()[:4] == ["accuracy", "p", "fit,", "s"]
    assert [line.split("  ")[0] for line in lines[2:]] == list(found.table.index)
    assert "peak memory" not in lines[1]
    assert "rnn &lt;1&gt;" in found._repr_html_()
    assert "9/9" in capsys.readouterr().err


def test_picture_shows_scores_and_times(labelled):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    found = compared([RNNClassifier(**SMALL), GRUClassifier(**SMALL)], *labelled)
    display = found.plot()
    drawn = {c.get_label(): c.lines[0].get_xydata()[0] for c in display.ax_.containers}
    for name, (x, y) in drawn.items():
        assert (x, y) == tuple(found.table.loc[name, ["predict_p50_ms", "score"]])
    assert {"RNNClassifier", "GRUClassifier", "linear"} <= set(drawn)
    assert display.ax_.get_ylabel().startswith("accuracy")
    matplotlib.pyplot.close(display.figure_)


def test_dummy_far_below_is_named_and_not_drawn():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    index = pd.Index(["a", "b", "dummy"], name="model")
    columns = {"score": [0.95, 0.94, 0.1], "score_std": 0.01, "predict_p50_ms": 1.0, "predict_p99_ms": 2.0}
    table = pd.DataFrame(columns, index=index)
    display = ComparisonDisplay(type("Found", (), {"table": table, "scoring": "accuracy"})).plot()
    assert [c.get_label() for c in display.ax_.containers] == ["a", "b"]
    assert display.ax_.get_legend().get_texts()[-1].get_text() == "dummy: 0.100,\nnot shown"
    matplotlib.pyplot.close(display.figure_)


def test_pairs_name_the_models(labelled):
    X, y = labelled
    pairs = [("small", RNNClassifier(**SMALL)), ("gated", GRUClassifier(**SMALL))]
    assert compared(pairs, X, y).scores.equals(compared(dict(pairs), X, y).scores)


@pytest.mark.parametrize(
    ("models", "came"),
    [
        (np.zeros((4, 3)), "a ndarray"),
        ([np.zeros((3, 1))] * 4, "a ndarray"),
        (pd.DataFrame({"a": [1.0]}), "a DataFrame"),
        ({"a": RNNClassifier}, "the class RNNClassifier"),
        ([("a", 1)], "a int"),
    ],
)
def test_models_that_are_none_are_refused(models, came):
    sentence = (
        f"compare: {came} came as one of the models, but estimators are needed first. Call "
        "compare(estimators, X, y); compare(None, X, y) takes RNN, LSTM and GRU with their defaults."
    )
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        compare(models, [0, 1, 0, 1])
