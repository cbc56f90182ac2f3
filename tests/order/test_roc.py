"""Scores of Table 1: area under the ROC curve of a first component, its interval, and the classifier's."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from gala_ssl.base.errors import InputError
from gala_ssl.frames import prototypes
from gala_ssl.order.classical import RadialDistances
from gala_ssl.order.compare import compare
from gala_ssl.order.separability import first_component, linear_separability, separability
from tests.refusals import refused


def gaussians(shift, n=400, m=300, width=3, seed=0):
    """Two snapshots' embeddings, `shift` standard deviations apart along the direction that varies most."""
    rng = np.random.default_rng([seed])
    scale = np.r_[1.0, np.full(width - 1, 0.1)]
    x, y = rng.normal(size=(n, width)) * scale, rng.normal(size=(m, width)) * scale
    y[:, 0] += shift
    return x, y


@given(seed=st.integers(0, 10_000), values=st.integers(2, 40), shift=st.integers(-10, 10))
def test_auc_is_that_of_scikit_learn_with_ties(seed, values, shift):
    rng = np.random.default_rng([seed])
    x, y = rng.integers(values, size=(35, 1)), rng.integers(values, size=(50, 1)) + shift
    expected = roc_auc_score(np.repeat([0, 1], [35, 50]), np.concatenate([x, y])[:, 0])
    assert separability(x, y, n_bootstrap=1).auc == pytest.approx(max(expected, 1 - expected))


def test_auc_of_two_gaussians_is_the_analytic_one():
    result = separability(*gaussians(1.0, 4000, 4000))
    assert result.auc == pytest.approx(norm.cdf(1 / 2 ** 0.5), abs=0.015)
    assert result.low < norm.cdf(1 / 2 ** 0.5) < result.high


def test_the_order_of_the_snapshots_does_not_matter():
    x, y = gaussians(1.0)
    assert separability(x, y).auc == pytest.approx(separability(y, x).auc)
    assert separability(x, y).auc == pytest.approx(separability(-x, -y).auc)


def test_snapshots_apart_are_told_apart():
    result = separability(*gaussians(50.0))
    assert (result.auc, result.low, result.high) == (1, 1, 1)


def test_snapshots_alike_have_an_interval_across_one_half():
    results = [separability(*gaussians(0.0, seed=seed), n_bootstrap=200) for seed in range(20)]
    assert all(0.5 <= result.auc < 0.57 and result.low < result.auc < result.high for result in results)
    assert sum(result.low < 0.5 for result in results) >= 16  # 19 expected


def test_the_interval_is_that_of_hanley_and_mcneil():
    """Their standard error, Radiology 143, 29 (1982), holds for exponential distributions."""
    rng = np.random.default_rng([3])
    x, y = rng.exponential(size=(600, 1)), 3 * rng.exponential(size=(500, 1))
    result = separability(x, y, n_bootstrap=2000)
    auc = 3 / 4
    q1, q2 = auc / (2 - auc), 2 * auc ** 2 / (1 + auc)
    variance = (auc * (1 - auc) + 499 * (q1 - auc ** 2) + 599 * (q2 - auc ** 2)) / (600 * 500)
    assert result.high - result.low == pytest.approx(2 * 1.96 * variance ** 0.5, rel=0.15)


def test_the_seed_decides_the_interval():
    x, y = gaussians(0.5)
    assert separability(x, y, seed=1, n_bootstrap=50) == separability(x, y, seed=1, n_bootstrap=50)
    assert separability(x, y, seed=1, n_bootstrap=50) != separability(x, y, seed=2, n_bootstrap=50)


def test_the_component_is_of_both_snapshots_together():
    rng = np.random.default_rng([0])
    along_x = rng.normal(size=(200, 2)) * [1.0, 0.1]
    along_y = rng.normal(size=(200, 2)) * [0.1, 1.0]
    x, y = first_component(along_x - [20, 20], along_y + [20, 20])
    assert x.shape == y.shape == (200,)
    assert abs(x.mean() - y.mean()) == pytest.approx(40 * 2 ** 0.5, rel=0.01)
    assert np.concatenate([x, y]).mean() == pytest.approx(0, abs=1e-9)


def test_embeddings_are_not_standardised():
    rng = np.random.default_rng([0])
    large, small = rng.normal(size=(600, 1)) * 100, np.repeat([0.0, 1.0], 300)[:, None]
    both = np.hstack([large, small])
    assert separability(both[:300], both[300:], n_bootstrap=1).auc < 0.55


def test_embeddings_that_do_not_vary_are_at_one_half():
    result = separability(np.full((40, 5), 0.1), np.full((30, 5), 0.1))
    assert (result.auc, result.low, result.high) == (0.5, 0.5, 0.5)
    assert linear_separability(np.full((40, 5), 0.1), np.full((30, 5), 0.1)) == 0.5


def test_a_linear_classifier_finds_what_the_first_component_misses():
    x, y = gaussians(0.0)
    y = y + np.array([0, 0, 0.5])  # five standard deviations in a direction of little variance
    assert separability(x, y, n_bootstrap=1).auc < 0.7
    assert linear_separability(x, y) > 0.99


def test_a_linear_classifier_finds_nothing_where_nothing_is():
    assert linear_separability(*gaussians(0.0, width=40)) == pytest.approx(0.5, abs=0.08)


def test_a_linear_classifier_is_scored_on_what_it_did_not_see():
    rng = np.random.default_rng([0])
    x, y = rng.normal(size=(30, 200)), rng.normal(size=(30, 200))  # it could learn all of these by heart
    assert linear_separability(x, y) < 0.75


@pytest.mark.parametrize("score", [first_component, separability, linear_separability])
class TestBadInput:
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_embeddings_that_are_not_numbers(self, score, value):
        x, y = gaussians(1.0)
        y[[3, 5], 1] = value
        with pytest.raises(InputError, match="2 of 300 particles of the second snapshot"):
            score(x, y)

    @pytest.mark.parametrize("x, y", [((5, 3), (5, 4)), ((0, 3), (5, 3)), ((5,), (5,)), ((5, 0), (5, 0))])
    def test_shapes(self, score, x, y):
        with refused(option="embeddings", value=(x, y)):
            score(np.zeros(x), np.zeros(y))


@pytest.mark.parametrize("settings", [{"seed": -1}, {"n_bootstrap": 0}])
def test_a_bootstrap_needs_a_seed_and_draws(settings):
    (name, value), = settings.items()
    with refused(option=name, value=value):
        separability(*gaussians(1.0), **settings)


def test_too_few_particles_for_the_folds():
    with refused(option="n_folds", value=5):
        linear_separability(*gaussians(1.0, m=4))


def test_ties_count_by_half():
    x, y = np.array([[0.0], [1], [1], [2]]), np.array([[1.0], [2], [3]])
    expected = stats.mannwhitneyu(x[:, 0], y[:, 0]).statistic / 12
    assert separability(x, y, n_bootstrap=5).auc == pytest.approx(max(expected, 1 - expected))


def test_two_frames_are_compared_in_one_call():
    first, second = (prototypes.build("cF4-Cu", 100, noise=noise) for noise in (0.02, 0.08))
    methods = [RadialDistances(6), RadialDistances(12)]
    methods[1].name = "twelve"
    table = compare(first, second, methods, seed=3, n_bootstrap=20, progress=False)
    assert list(table.index) == ["radial_distances", "twelve"] and table.index.name == "method"
    assert list(table) == ["auc", "low", "high", "linear_auc", "n1", "n2"]
    x, y = methods[1](first), methods[1](second)
    assert table.loc["twelve", "auc"] == separability(x, y).auc > 0.9
    assert table.loc["twelve", "linear_auc"] == linear_separability(x, y, seed=3)
    assert (table["n1"] == len(first)).all() and (table["low"] <= table["auc"]).all()
