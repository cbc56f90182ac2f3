"""The file that `gala-ssl embed` writes: rows of numbers in HDF5, NumPy's npz, CSV or Parquet, with components."""
import contextlib
import json

import numpy as np

from gala_ssl.base.errors import InputError
from gala_ssl.base.files import errors_name
from gala_ssl.base.tables import PARQUET, ParquetFile, check_parquet

HDF5 = (".h5", ".hdf5")
SUFFIXES = (*HDF5, ".npz", ".csv", PARQUET)
_ROWS = 65536


class EmbeddingTable:
    """Embeddings on disk that grow row by row, so that only some of them are in memory.

    Datasets, a row an embedding: "embedding" (rows, d) float32, integers (rows,) that say what the row is for, such
    as "frame" and "particle", and after `add_components` "components" (rows, c) float32. A row of NaN, of a particle
    without neighbours, has components of NaN and does not count for the others.

    Args:
        file: SafeFile to fill. dimension: d. numbers: names of the integers.
    """

    def __init__(self, file, dimension, numbers):
        self.file, self.numbers = file, tuple(numbers)
        self.dimension, self._sums, self._shift = dimension, None, None
        self._create("embedding", dimension)
        for name in self.numbers:
            file.create_dataset(name, (0,), np.int64, maxshape=(None,), chunks=(_ROWS,))

    def __len__(self):
        return len(self.file["embedding"])

    def append(self, embedding, **numbers):
        """Add rows: embedding (n, d), and of each name an integer or (n,) of them."""
        start, stop = len(self), len(self) + len(embedding)
        for name, values in {"embedding": embedding, **numbers}.items():
            self.file[name].resize(stop, axis=0)
            self.file[name][start:stop] = values
        self.file.check()
        self._add_moments(np.asarray(embedding, np.float64))

    def add_components(self, count):
        """Add the first principal components of all rows; return what they are as plain values.

        The embeddings are centred but not standardised; of each component the largest loading is positive.

        Returns:
            dict: "mean" (d), "axes" (c, d), "variance_ratio" (c): component = (embedding - mean) . axis.
        """
        if self._sums is None:
            raise InputError("No particle has a neighbour, so there is nothing to embed; raise the cutoff.",
                             option="neighbors")
        self._settle()
        total, first, second = self._sums
        mean = first / total
        covariance = second / total - np.outer(mean, mean)
        axes, ratio = principal_axes(covariance, count)
        mean = mean + self._shift
        self._project(lambda rows: (rows - mean) @ axes.T, len(axes))
        return {"mean": mean.tolist(), "axes": axes.tolist(), "variance_ratio": ratio.tolist()}

    def add_reference(self, reference, count):
        """Add the first components on `ReferenceAxes` in place of own ones; return what they are as plain values.

        Returns:
            dict: "mean", "scale" (d), "axes" (c, d): component = (embedding - mean) / scale . axis.
        """
        self._settle()
        self._project(lambda rows: reference(rows)[:, :count], count)
        return {"mean": reference.mean.tolist(), "scale": reference.scale.tolist(),
                "axes": reference.axes[:count].tolist()}

    def _project(self, components, count):
        self._create("components", count)
        self.file["components"].resize(len(self), axis=0)
        for start in range(0, len(self), _ROWS):
            part = slice(start, start + _ROWS)
            self.file["components"][part] = components(self.file["embedding"][part])
        self._settle()

    def _settle(self):
        """Have all that was added on the disk: what is read again must not be in HDF5's caches when that fills."""
        self.file.flush()
        self.file.check()

    def _create(self, name, width):
        self.file.create_dataset(name, (0, width), np.float32, maxshape=(None, width), chunks=(4096, width))

    def _add_moments(self, rows):
        """Sums for mean and covariance, relative to the first rows' mean so that no digits cancel; without NaN."""
        rows = rows[~np.isnan(rows).any(axis=1)]
        if not len(rows):
            return
        if self._sums is None:
            self._shift = rows.mean(axis=0)
            self._sums = [0, np.zeros(self.dimension), np.zeros((self.dimension, self.dimension))]
        rows = rows - self._shift
        for i, more in enumerate((len(rows), rows.sum(axis=0), rows.T @ rows)):
            self._sums[i] += more


def principal_axes(covariance, count):
    """The first principal axes (c, d), of each of which the largest entry is positive, by a covariance (d, d).

    Returns:
        (c, d) float64 and (c,) float64, the fraction of the variance along each; c is at most d.
    """
    variance, axes = np.linalg.eigh(covariance)
    variance, axes = np.maximum(variance[::-1][:count], 0), axes.T[::-1][:count]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    return axes, variance / max(np.trace(covariance), np.finfo(float).tiny)


def check_output(path):
    """InputError unless the suffix is that of a format that can be written, and what writes it is installed."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} has no suffix of a format that embeddings are written in; choose one of "
                         f"{', '.join(SUFFIXES)}.", path=path)
    check_parquet(path)
    card = path.with_suffix(".json")
    if path.suffix.lower() == ".csv" and card.exists() and not path.exists():
        raise InputError(f"{card} is there and is not of {path}, whose card it would have to make room for; choose "
                         f"another name.", path=card)


def files_of(output):
    """The paths that `save` writes: the output, and beside a CSV its card."""
    return [output, output.with_suffix(".json")] if output.suffix.lower() == ".csv" else [output]


def save(table, aside, output, card):
    """Add the card to the table, and write it in the format of the output's suffix.

    A table in HDF5 is the output itself. To npz the whole table passes through memory; a CSV has its card beside
    it, Parquet in the metadata of the file.

    Args:
        aside: {path: where it is written for now}, of `files_of`, see `gala_ssl.base.files.written_together`.
    """
    if output.suffix.lower() == ".csv":
        with errors_name(output):
            _write_csv(table, aside[output])
        beside = output.with_suffix(".json")
        with errors_name(beside):
            aside[beside].write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        return
    if output.suffix.lower() == PARQUET:
        with errors_name(output), contextlib.closing(ParquetFile(aside[output])) as file:
            import pandas as pd  # which the other formats do without

            for part in _parts(table):
                file.add(pd.DataFrame(part))
            file.note(card=json.dumps(card))
        return
    table.file["card"] = json.dumps(card)
    if output.suffix.lower() == ".npz":
        with errors_name(output):
            np.savez(aside[output], **{name: data.asstr()[()] if name == "card" else data[:]
                                       for name, data in table.file.items()})


def _write_csv(table, path):
    with open(path, "w", newline="", encoding="utf-8") as file:
        for number, part in enumerate(_parts(table)):
            if number == 0:
                file.write(",".join(part) + "\n")
            line = ",".join("%d" if values.dtype.kind == "i" else "%.7g" for values in part.values()) + "\n"
            file.writelines(line % row for row in zip(*(values.tolist() for values in part.values())))


def _parts(table):
    """Yield the table in parts, {name: (n,) numbers}: the integers, components and embedding, a column a number."""
    for start in range(0, len(table), _ROWS):
        part = slice(start, start + _ROWS)
        columns = {name: table.file[name][part] for name in table.numbers}
        for name, dataset in (("component", "components"), ("embedding", "embedding")):
            values = table.file[dataset][part]
            columns |= {f"{name}_{i + 1}": values[:, i] for i in range(values.shape[1])}
        yield columns
