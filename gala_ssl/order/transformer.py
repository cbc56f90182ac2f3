"""Order parameters as a scikit-learn transformer, for its pipelines, searches and cross-validation."""
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from gala_ssl.base.errors import InputError
from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.frames.frame import Frame


class EmbeddingTransformer(TransformerMixin, BaseEstimator):
    """Turns particles into rows of order parameters: a learned embedding, or any other featurizer.

    Nothing is learned from the data: `fit` loads the network, which was trained before.

    Args:
        featurizer: name of a task, whose weights are loaded, or a callable `frame -> (N, d)` with `name` and
            `dimension`, such as `gala_ssl.order.classical.Steinhardt()`.
        weights, length_scale, source, neighbors, ignore_types: of a task's network, see
            `gala_ssl.Embedding.from_pretrained`.

    Attributes:
        name_: the featurizer's name, after `fit`.
        n_features_out_: d, after `fit`.

    What is transformed is one of

    - a Frame, or a list of them, of whose particles all are taken, frame after frame;
    - PointClouds, or a list of them, in shortest distances;
    - an array (n, k, 3) of the bonds of n particles of one type, in shortest distances; a bond of zeros is padding.

    Returns (n, d) float32. A classical featurizer takes frames only.

    A clone shares a network that was given. A pickle of one with a task's name holds settings, not the network, which
    is loaded again from `weights` where it is needed.

    Raises:
        InputError: something else to transform, bonds that are not finite, what the embedding and the featurizer
            refuse.

    Example:
        >>> order = make_pipeline(EmbeddingTransformer("denoising"), PCA(2)).fit_transform([liquid, solid])
    """

    def __init__(self, featurizer="frame_classification", *, weights="thermal", length_scale=None, source="core",
                 neighbors=None, ignore_types=False):
        self.featurizer, self.weights, self.length_scale, self.source = featurizer, weights, length_scale, source
        self.neighbors, self.ignore_types = neighbors, ignore_types

    def fit(self, X=None, y=None):
        """Load the network; X and y are not looked at."""
        self._loaded = self._load()
        self.name_, self.n_features_out_ = self._loaded.name, self._loaded.dimension
        return self

    def transform(self, X):
        """Return the order parameters (n, d) of frames, clouds or bonds, see the class."""
        check_is_fitted(self, "n_features_out_")
        if getattr(self, "_loaded", None) is None:
            self._loaded = self._load()
        return np.concatenate([self._loaded(part) for part in self._parts(X)])

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Return the names of the columns, (d,): the featurizer's with a number from 1 on."""
        check_is_fitted(self, "n_features_out_")
        return np.array([f"{self.name_}_{i + 1}" for i in range(self.n_features_out_)], dtype=object)

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_loaded"}

    def _load(self):
        if not isinstance(self.featurizer, str):
            return self.featurizer
        from gala_ssl.order.embedding import Embedding

        return Embedding.from_pretrained(
            self.featurizer, weights=self.weights, length_scale=self.length_scale, source=self.source,
            neighbors=self.neighbors, ignore_types=self.ignore_types, progress=False)

    def _parts(self, X):
        """The frames, or the one PointClouds, that X is."""
        if isinstance(X, (Frame, PointClouds)):
            X = [X]
        elif isinstance(X, np.ndarray) and X.dtype != object:
            X = [_clouds(X)]
        X = list(X)
        if X and all(isinstance(part, Frame) for part in X):
            return X
        if not X or not all(isinstance(part, PointClouds) for part in X):
            kinds = sorted({type(part).__name__ for part in X})
            raise InputError(f"{type(self).__name__} takes a Frame, PointClouds, a list of either, or bonds (n, k, 3), "
                             f"but was given {', '.join(kinds) or 'nothing'}.", option="X", value=kinds)
        if not hasattr(self._loaded, "chunks"):
            raise InputError(f"{self.name_} is computed of frames; point clouds are for learned embeddings only.",
                             option="X", value=self.name_)
        return [PointClouds.concatenate(X)]


def _clouds(bonds):
    """PointClouds of an array (n, k, 3) of bonds between particles of one type."""
    if bonds.ndim != 3 or bonds.shape[2] != 3:
        raise InputError(f"Bonds are an array of shape (n, k, 3), not {bonds.shape}.", option="bonds",
                         value=bonds.shape)
    if not np.isfinite(bonds).all():
        raise InputError("Some of the bonds are NaN or infinite; a bond of zeros is padding.", option="bonds")
    return PointClouds(bonds, np.where(bonds.any(axis=-1, keepdims=True), [0, 2], 0))
