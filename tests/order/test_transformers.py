"""The scikit-learn transformer: what the featurizers give, in pipelines, clones and pickles."""
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gala_ssl
from gala_ssl import EmbeddingTransformer
from gala_ssl.clouds.neighborhoods import PointClouds, point_clouds
from gala_ssl.order.classical import Steinhardt
from gala_ssl.order.concatenation import Concatenation
from tests.refusals import refused


@pytest.fixture(scope="module")
def frames():
    return [gala_ssl.prototypes.build(name, 150, noise=0.05) for name in ("cF4-Cu", "cI2-W")]


@pytest.fixture(scope="module")
def fitted():
    """With the shipped weights."""
    return EmbeddingTransformer("denoising", weights="paper").fit()


@pytest.fixture(scope="module")
def expected(frames):
    embed = gala_ssl.Embedding.from_pretrained("denoising", weights="paper", progress=False)
    return np.vstack([embed(frame) for frame in frames])


def assert_equal_numbers(found, wanted):
    """Clouds computed beside others may differ in the last digits, by which products a processor takes."""
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_frames_clouds_and_bonds(fitted, frames, expected):
    first = len(frames[0])
    np.testing.assert_array_equal(fitted.transform(frames), expected)
    np.testing.assert_array_equal(fitted.transform(frames[0]), expected[:first])
    clouds = [point_clouds(frame).in_contact_distances() for frame in frames]
    assert_equal_numbers(fitted.transform(clouds), expected)
    np.testing.assert_array_equal(fitted.transform(clouds[0]), expected[:first])
    np.testing.assert_array_equal(fitted.transform(np.array(clouds[0].bonds)), expected[:first])
    assert fitted.n_features_out_ == expected.shape[1]
    assert list(fitted.get_feature_names_out()) == [f"denoising_{i + 1}" for i in range(expected.shape[1])]


def test_a_network_that_is_there_already_takes_clouds_too(frames, expected):
    embed = gala_ssl.Embedding.from_pretrained("denoising", weights="paper", progress=False)
    given = EmbeddingTransformer(embed).fit()
    clouds = [point_clouds(frame).in_contact_distances() for frame in frames]
    assert_equal_numbers(given.transform(clouds), expected)


def test_clones_share_a_network_that_was_given(frames, fitted):
    """Keras warns when a network is copied, which pytest would make an error."""
    given = EmbeddingTransformer(fitted._loaded).set_output(transform="pandas")
    copy = clone(given)
    assert copy is not given and copy.featurizer is given.featurizer
    pd.testing.assert_frame_equal(copy.fit_transform(frames[0]), given.fit_transform(frames[0]))
    assert clone(EmbeddingTransformer(Concatenation([fitted._loaded]))).featurizer.featurizers == (fitted._loaded,)


def test_bonds_of_zeros_are_padding(fitted, frames):
    clouds = point_clouds(frames[0]).in_contact_distances()
    cut = [array.copy() for array in (clouds.bonds, clouds.types)]
    for array in cut:
        array[:, 12:] = 0
    np.testing.assert_array_equal(fitted.transform(cut[0]), fitted.transform(PointClouds(*cut)))


@pytest.mark.slow
def test_a_pipeline_tells_structures_apart(frames, expected):
    names = np.repeat(["fcc", "bcc"], [len(frame) for frame in frames])
    transformer = EmbeddingTransformer("denoising", weights="paper")
    pipeline = make_pipeline(transformer, StandardScaler(), PCA(20), LogisticRegression())
    assert pipeline.fit(frames, names).score(frames, names) > 0.95
    assert pipeline[:-1].get_feature_names_out().tolist() == [f"pca{i}" for i in range(20)]
    assert_equal_numbers(pipeline[:1].transform(frames), expected)
    bonds = np.concatenate([point_clouds(frame).in_contact_distances().bonds for frame in frames])
    assert cross_val_score(pipeline, bonds, names, cv=2).mean() > 0.85


def test_rows_can_be_a_data_frame(frames):
    table = EmbeddingTransformer(Steinhardt([4, 6])).set_output(transform="pandas").fit_transform(frames)
    assert table.shape == (sum(map(len, frames)), 34) and table.columns[0] == "steinhardt_1"


def test_a_baseline_takes_frames_only(frames):
    transformer = EmbeddingTransformer(Steinhardt([4, 6]))
    np.testing.assert_array_equal(transformer.fit_transform(frames[0]), Steinhardt([4, 6])(frames[0]))
    assert clone(transformer).get_params()["featurizer"].degrees == (4, 6)
    with refused(option="X", value="steinhardt"):
        transformer.transform(point_clouds(frames[0]))


@pytest.mark.slow
def test_settings_are_parameters(frames, expected):
    transformer = EmbeddingTransformer("denoising", length_scale="shortest")
    assert transformer.get_params() == {
        "featurizer": "denoising", "weights": "thermal", "length_scale": "shortest", "source": "core",
        "neighbors": None, "ignore_types": False}
    copy = clone(transformer.set_params(featurizer="shift_identification", source="head"))
    assert copy is not transformer and copy.get_params() == transformer.get_params()
    with pytest.raises(NotFittedError):
        copy.transform(frames)
    found = copy.fit_transform(frames)
    direct = gala_ssl.Embedding.from_pretrained("shift_identification", length_scale="shortest", source="head",
                                                progress=False)
    np.testing.assert_array_equal(found, np.vstack([direct(frame) for frame in frames]))


def test_pickles_hold_no_network(fitted, frames, expected):
    unfitted = pickle.loads(pickle.dumps(EmbeddingTransformer("denoising", neighbors=gala_ssl.Nearest(12))))
    assert unfitted.get_params()["neighbors"] == gala_ssl.Nearest(12)
    with pytest.raises(NotFittedError):
        unfitted.transform(frames)
    written = io.BytesIO()
    joblib.dump(fitted, written)
    assert written.tell() < 2000
    written.seek(0)
    loaded = joblib.load(written)
    assert list(loaded.get_feature_names_out()) == list(fitted.get_feature_names_out())
    np.testing.assert_array_equal(loaded.transform(frames), expected)


@pytest.mark.parametrize("wrong, option, value", [
    (np.zeros((5, 3)), "bonds", (5, 3)),
    (np.full((2, 4, 3), np.nan), "bonds", None),
    ([], "X", []),
    (["run.gsd"], "X", ["str"]),
])
def test_what_is_no_particle_is_refused(fitted, wrong, option, value):
    with refused(option=option, value=value):
        fitted.transform(wrong)


def test_an_unknown_task_is_named():
    with refused(option="task", value="alchemy"):
        EmbeddingTransformer("alchemy").fit()
