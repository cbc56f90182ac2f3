"""Axes that ship with weights, so that the components of two calls can be compared."""
import dataclasses

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.order.embedding_files import principal_axes


@dataclasses.dataclass(frozen=True, eq=False)
class ReferenceAxes:
    """Principal components fitted once, on hot crystals, melts and gases (`experiments/reference_axes.py`).

    Attributes:
        mean, scale: (d,), of the embeddings that they were fitted to. axes: (3, d), orthogonal, of length 1.

    Call on embeddings (n, d), averaged over neighbours or not; returns (n, 3).

    Example:
        >>> embed = gala_ssl.Embedding.from_pretrained("frame_classification", weights="thermal")
        >>> ReferenceAxes.from_card(embed.card)(embed(frame)).shape
        (4096, 3)
    """

    mean: np.ndarray
    scale: np.ndarray
    axes: np.ndarray

    @classmethod
    def from_card(cls, card: dict) -> "ReferenceAxes":
        """The axes of the weights with this card.

        Raises:
            InputError: they have none.
        """
        numbers = card.get("reference_axes")
        if numbers is None:
            raise InputError(f"These weights of {card['task']} have no reference axes; those of frame_classification "
                             f"in the set thermal do.", option="axes", value="reference")
        return cls(*(np.array(numbers[name], float) for name in ("mean", "scale", "axes")))

    @classmethod
    def fitted(cls, embeddings: np.ndarray, count: int = 3) -> tuple["ReferenceAxes", np.ndarray]:
        """The first principal components of standardised embeddings (n, d), and their shares of the variance."""
        mean, scale = embeddings.mean(axis=0), np.maximum(embeddings.std(axis=0), 1e-9)
        rows = (embeddings - mean) / scale
        axes, shares = principal_axes(rows.T @ rows / len(rows), count)
        return cls(mean, scale, axes), shares

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        return (embeddings - self.mean) / self.scale @ self.axes.T
