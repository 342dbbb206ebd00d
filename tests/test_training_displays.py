"""How a network learned: the panel below scikit-learn's diagram, and the picture of learning curves."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from sksequence import (
    GradientFlow,
    GRUForecaster,
    LSTMClassifier,
    PerTimestep,
    RNNClassifier,
    TrainingCurveDisplay,
)
from sksequence.engine.html import panel
from sksequence.exceptions import InputError


@pytest.fixture
def plt():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="module")
def watched():
    X = np.random.default_rng(0).normal(size=(60, 7, 2))
    y = np.where(X[:, -1, 0] > 0, "up", "down")
    return LSTMClassifier(hidden_size=4, early_stopping=True, max_epochs=5, random_state=0).fit(X, y)


def shown(estimator):
    return estimator._repr_mimebundle_()["text/html"]


def without_numbers(html):
    """scikit-learn numbers its diagrams."""
    return re.sub(r"-\d+", "", html)


def parsed(html):
    """The panel as a tree: it must be well-formed."""
    return ElementTree.fromstring(html[html.index('<div class="sksequence-training"') :])


def texts(tree):
    return ["".join(cell.itertext()) for cell in tree.iter() if cell.tag.endswith(("td", "text"))]


def points(tree):
    """Places on each line of the curve."""
    lines = [node.get("points") for node in tree.iter() if node.tag.endswith("polyline")]
    return [np.array([point.split(",") for point in line.split()], dtype=float) for line in lines]


def test_panel_stands_below_the_diagram_of_scikit_learn(watched):
    html = shown(watched)
    diagram = estimator_html_repr(watched)
    assert without_numbers(html).startswith(without_numbers(diagram))
    assert watched._repr_html_().count("sksequence-training") == html.count("sksequence-training") == 1


def test_panel_says_the_key_figures(watched):
    cells = texts(parsed(shown(watched)))
    history = watched.history_
    told = dict(pairwise(cells))
    assert told["parameters"] == f"{watched.n_parameters_:,}"
    assert told["epochs"] == str(watched.n_iter_) == str(len(history))
    assert told["training loss"] == f"{history['train_loss'].iloc[-1]:.4g}"
    assert told["validation loss"] == f"{history['valid_loss'].iloc[-1]:.4g}"
    least = history["valid_loss"]
    assert told["least of these"] == f"{least.min():.4g}, epoch {least.idxmin()}"


def test_skill_of_a_forecaster_is_shown(season):
    with pytest.warns(UserWarning, match="skill"):
        model = GRUForecaster(window=20, max_epochs=1, hidden_size=6, random_state=0).fit(season)
    cells = texts(parsed(shown(model)))
    assert cells[cells.index("skill") + 1].startswith(f"{model.skill_:.3f} ")


def test_curve_runs_through_the_losses(watched):
    lines = points(parsed(shown(watched)))
    history = watched.history_
    every = history[["train_loss", "valid_loss"]].to_numpy()
    for drawn, losses in zip(lines, every.T, strict=True):
        # Down on the screen is up on the axis; both lines share it.
        expected = (every.max() - losses) / (every.max() - every.min())
        np.testing.assert_allclose((drawn[:, 1] - 4) / 76, expected, atol=0.01)
        np.testing.assert_allclose(np.diff(drawn[:, 0]), np.diff(drawn[:, 0])[0], atol=0.11)


def test_text_is_escaped():
    history = pd.DataFrame({"train_loss": [1.0, 0.5]}, index=[1, 2])
    html = panel(history, [("<b>name</b>", "a & b")])
    assert "<b>" not in html
    assert texts(parsed(html))[-2:] == ["<b>name</b>", "a & b"]


@pytest.mark.parametrize("losses", [[0.3], [np.nan, 0.5, 0.4], [0.5, 0.5, 0.5], [-1.0, -2.0, np.inf]])
def test_any_history_can_be_drawn(losses):
    history = pd.DataFrame({"train_loss": losses}, index=np.arange(1, len(losses) + 1))
    (line,) = points(parsed(panel(history, [])))
    assert len(line) == np.isfinite(losses).sum()
    assert np.isfinite(line).all()


def test_long_histories_stay_small():
    history = pd.DataFrame({"train_loss": np.linspace(1, 0, 5000)}, index=np.arange(1, 5001))
    (line,) = points(parsed(panel(history, [])))
    assert len(line) == 200
    assert line[-1].tolist() == [256.0, 80.0]


def test_what_is_not_trained_shows_the_diagram_alone():
    assert without_numbers(shown(RNNClassifier())) == without_numbers(estimator_html_repr(RNNClassifier()))


def test_diagram_of_a_pipeline_is_that_of_scikit_learn(watched):
    pipe = make_pipeline(PerTimestep(StandardScaler()), watched)
    assert without_numbers(shown(pipe)) == without_numbers(estimator_html_repr(pipe))
    assert "LSTMClassifier" in shown(pipe)


def test_text_display_has_no_html(watched):
    with sklearn.config_context(display="text"):
        assert list(watched._repr_mimebundle_()) == ["text/plain"]
        assert not hasattr(watched, "_repr_html_")


def test_display_draws_the_history(watched, plt):
    display = TrainingCurveDisplay.from_estimator(watched)
    for line, column in zip(display.ax_.lines, ("train_loss", "valid_loss"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), watched.history_[column])
        np.testing.assert_array_equal(line.get_xdata(), watched.history_.index)
    best = watched.history_["valid_loss"].idxmin()
    assert display.ax_.lines[1].get_markevery() == [best - 1]
    words = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert words == ["training", f"validation: least in epoch {best}"]


def test_several_networks_stand_in_one_picture(watched, plt):
    figure, ax = plt.subplots()
    unwatched = RNNClassifier(max_epochs=3, hidden_size=3, random_state=0).fit(
        np.random.default_rng(0).normal(size=(20, 5, 1)), np.arange(20) % 2
    )
    pipe = make_pipeline(PerTimestep(StandardScaler()), watched)
    display = TrainingCurveDisplay.from_estimators({"one": pipe, "two": unwatched}, ax=ax, linewidth=3)
    assert display.figure_ is figure
    assert [line.get_linewidth() for line in ax.lines] == [3, 3, 3]
    labels = [line.get_label().split(":")[0] for line in ax.lines]
    assert labels == ["one, training", "one, validation", "two, training"]
    assert len({line.get_marker() for line in ax.lines}) == 2


def test_wide_losses_are_drawn_by_their_logarithms(plt):
    def scale(losses):
        history = pd.DataFrame({"train_loss": losses}, index=[1, 2])
        return TrainingCurveDisplay({"a": history}).plot().ax_.get_yscale()

    assert [scale([1.0, 0.01]), scale([1.0, 0.5]), scale([1.0, -0.01])] == ["log", "linear", "linear"]


def test_gradients_are_drawn_layer_by_layer(plt):
    X, y = np.random.default_rng(0).normal(size=(20, 5, 1)), np.arange(20) % 2
    model = LSTMClassifier(max_epochs=3, hidden_size=3, callbacks=[GradientFlow()], random_state=0).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(model, show="gradients")
    labels = [line.get_label() for line in display.ax_.lines]
    assert labels == ["all", "layers.0", "norm", "head"]
    np.testing.assert_array_equal(display.ax_.lines[3].get_ydata(), model.history_["gradient_norm_head"])
    without = RNNClassifier(max_epochs=1, hidden_size=3, random_state=0).fit(X, y)
    display = TrainingCurveDisplay.from_estimators({"a": model, "b": without}, show="gradients")
    assert [line.get_label() for line in display.ax_.lines][-2:] == ["a, head", "b, all"]
    with pytest.raises(InputError, match=r"TrainingCurveDisplay.plot: show='lr' came"):
        display.plot(show="lr")


def test_others_are_refused(plt):
    with pytest.raises(InputError, match=r"a LogisticRegression came, but a recurrent estimator"):
        TrainingCurveDisplay.from_estimator(LogisticRegression())
