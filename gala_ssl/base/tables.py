"""Tables for reading."""


def simple_table(header, rows):
    """The lines of a reStructuredText simple table of strings."""
    grid = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in grid]
    return [rule, lines[0], rule, *lines[1:], rule]
