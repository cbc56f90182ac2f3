"""Tables for reading, and tables in Parquet."""
import importlib.util

from gala_ssl.base.errors import InputError

PARQUET = ".parquet"


def check_parquet(path):
    """InputError if a file's name ends in .parquet and pyarrow, which writes it, is not installed."""
    if path.suffix.lower() == PARQUET and importlib.util.find_spec("pyarrow") is None:
        raise InputError(f"{path} is Parquet, which pyarrow writes, and that is not installed; install it with: pip "
                         f"install pyarrow, or choose a name that ends in .csv.", path=path, option="package",
                         value="pyarrow")


class ParquetFile:
    """A table in Parquet that grows: a row group a call, so that only one is in memory.

    Args:
        path: to write, in place of what is there.
    """

    def __init__(self, path):
        self._path, self._writer = path, None

    def add(self, table):
        """Add the rows of a pandas.DataFrame without its index; columns and their dtypes are those of the first."""
        import pyarrow
        import pyarrow.parquet

        rows = pyarrow.Table.from_pandas(table, preserve_index=False)
        if self._writer is None:
            self._writer = pyarrow.parquet.ParquetWriter(self._path, rows.schema)
        self._writer.write_table(rows)

    def note(self, **texts):
        """Add texts by name to the metadata of the file, after the first rows."""
        self._writer.add_key_value_metadata(texts)

    def close(self):
        if self._writer is not None:
            self._writer.close()


def simple_table(header, rows):
    """The lines of a reStructuredText simple table of strings."""
    grid = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in grid]
    return [rule, lines[0], rule, *lines[1:], rule]
