"""What figures have in common: colours, lines, ticks, bins and panels.

Colours are Okabe and Ito's, which colour-blind readers can tell apart; line styles differ as well, so that a
grey print can be read.
"""
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gala_ssl.order.names import GAS, LIQUID, UNKNOWN

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
LINES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


# Colours of Okabe and Ito for the usual names, the same in every picture; what is disordered is pale or grey.
_NAMES = {LIQUID: "#8FCBF0", GAS: "#D9D9D9", UNKNOWN: "#6B6B6B", "fcc": "#009E73", "hcp": "#D55E00", "bcc": "#0072B2",
           "sc": "#CC79A7", "diamond": "#E69F00", "beta-Sn": "#7B3294", "dhcp": "#882255",
           "others": "#F7F2E4"}
# Of other names, in the order of the list that is given.
_FURTHER = ("#44AA99", "#999933", "#332288", "#F0E442", "#AA4499", "#661100", "#88CCEE", "#117733",
            "#DDCC77")


def name_colors(names):
    """Colours of structures, {name: "#rrggbb"}: always the same for the usual names.

    Args:
        names: iterable of str. Beyond nine unusual ones colours are used again.
    """
    unusual = [name for name in dict.fromkeys(names) if name not in _NAMES]
    further = {name: _FURTHER[i % len(_FURTHER)] for i, name in enumerate(unusual)}
    return {name: _NAMES.get(name) or further[name] for name in dict.fromkeys(names)}


def whole_ticks(*axes):
    """Ticks at whole numbers only, such as frames have."""
    for axis in axes:
        axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))


def finite(values):
    """Those of the values (N,) that are no NaN, as an order parameter is of particles without neighbours."""
    values = np.asarray(values, np.float64)
    return values[np.isfinite(values)]


def value_edges(parts, bins):
    """Edges (bins + 1,) that hold 98 percent of each of these arrays of an order parameter, and a margin.

    A few particles far out (of a vapour, say) would squeeze the rest into one bin. Equal values are in the middle.
    """
    ends = [np.quantile(part, [0.01, 0.99]) for part in map(finite, parts) if len(part)] or [0.0]
    low, high = np.min(ends), np.max(ends)
    margin = 0.05 * (high - low) or 0.5
    return np.linspace(low - margin, high + margin, bins + 1)


def cell_edges(numbers):
    """Where the cells of these increasing numbers begin and end, (k + 1,); that of a single one is 1 wide."""
    if len(numbers) == 1:
        return numbers[0] + np.array([-0.5, 0.5])
    middles = (numbers[1:] + numbers[:-1]) / 2
    return np.concatenate([[numbers[0] - (middles[0] - numbers[0])], middles,
                           [numbers[-1] + (numbers[-1] - middles[-1])]])


def panel_figure(count, width=3.2, height=2.8):
    """Return a matplotlib Figure and its `count` axes, three in a row, each of this width and height in inches."""
    rows = -(-count // 3)
    figure = Figure(figsize=(3 * width, height * rows), layout="constrained")
    panels = figure.subplots(rows, 3, squeeze=False).ravel()
    for axes in panels[count:]:
        axes.remove()
    return figure, panels[:count]
