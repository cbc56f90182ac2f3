"""Figure 4 of the transfer grid, its gains, and what of the paper's claims 8 to 12 holds."""
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from gala_ssl.plot.style import COLORS, MARKERS, panel_figure
from gala_ssl.tasks import TASKS
from gala_ssl.training.transfer import SCRATCH
from paper import TASKS as PAPER

# Tasks help little where they lessen the error by less than this part.
_LITTLE = 0.1


def figure4(grid):
    """Error against the fraction of the data, a panel a target; full lines free, dashed frozen, black from scratch."""
    targets = list(grid["target"].unique())
    figure, panels = panel_figure(len(targets), width=3.5, height=3.4)
    sources = [source for source in grid["source"].unique() if source != SCRATCH]
    handles = {}
    for axes, target in zip(panels, targets):
        for (source, freeze), of_source in grid[grid["target"] == target].groupby(["source", "freeze"], sort=False):
            spread = of_source.groupby("fraction")["error"].agg(["mean", "min", "max"])
            number = sources.index(source) if source in sources else None
            color = "black" if number is None else COLORS[number % len(COLORS)]
            marker = "x" if number is None else MARKERS[number % len(MARKERS)]
            line = ":" if number is None else "--" if freeze else "-"
            drawn = axes.errorbar(
                spread.index, spread["mean"], [spread["mean"] - spread["min"], spread["max"] - spread["mean"]],
                color=color, linestyle=line, marker=marker, markersize=4, linewidth=1.2, capsize=2,
                markerfacecolor="white" if freeze else color)
            handles.setdefault(f"{source.replace('_', ' ')}{', frozen' if freeze else ''}", drawn)
        axes.set_xscale("log")
        axes.set_xlim(grid["fraction"].min() / 1.4, grid["fraction"].max() * 1.4)
        _scale_errors(axes, grid.loc[grid["target"] == target, "error"])
        axes.set_title(target.replace("_", " "))
        axes.set_xlabel("fraction of the data")
        axes.set_ylabel("1 - accuracy" if TASKS[target].metric == "accuracy" else "mean absolute error")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, frameon=False,
                  fontsize="small")
    return figure


def gain_map(grid):
    """Gain over a core from scratch in the mean over fractions, targets down, sources across; free cores left."""
    gains = _Gains(grid)
    pretrained = grid[grid["source"] != SCRATCH]
    targets, sources = list(pretrained["target"].unique()), list(pretrained["source"].unique())
    freezes = sorted(pretrained["freeze"].unique())
    figure = Figure(figsize=(1.5 + 5 * len(freezes), 1.8 + 0.55 * len(targets)), layout="constrained")
    panels = figure.subplots(1, len(freezes), sharey=True, squeeze=False)[0]
    for axes, freeze in zip(panels, freezes):
        mean = np.array([[gains(source, target, freeze).mean() for source in sources] for target in targets])
        image = axes.imshow(mean, cmap="PuOr", vmin=-1, vmax=1, aspect="auto")
        for (row, column), gain in np.ndenumerate(mean):
            if np.isfinite(gain):
                axes.text(column, row, f"{gain:+.0%}", ha="center", va="center", fontsize="small",
                          color="white" if abs(gain) > 0.7 else "black")
        axes.set_xticks(range(len(sources)), [name.replace("_", " ") for name in sources], rotation=40, ha="right")
        axes.set_yticks(range(len(targets)), [name.replace("_", " ") for name in targets])
        axes.set_xlabel("core from")
        axes.set_title("frozen cores" if freeze else "free cores")
    panels[0].set_ylabel("trained on")
    figure.colorbar(image, ax=panels, label="gain: 1 - error /\nerror from scratch", extend="min")
    return figure


def claims_rst(grid):
    """What of the paper's claims 8 to 12 holds, as reStructuredText, each with its numbers."""
    gains = _Gains(grid)
    lines = ["Claims of the paper on transfer", "===============================", "",
             "A gain is 1 - error / error from scratch at the same fraction and seed, in the mean over seeds; cores "
             "are free unless said. Positive: the core helps.", ""]
    for title, answer in _CLAIMS.items():
        holds, numbers = answer(gains)
        verdict = {True: "Holds", False: "Does not hold", None: "Not yet"}[holds]
        lines += [title, "-" * len(title), "", f"**{verdict}.** {numbers}", ""]
    return "\n".join(lines)


def _scale_errors(axes, errors):
    """A logarithmic axis, ticked at 1, 2 and 5, for errors that differ by more than a factor of two."""
    if errors.max() > 2 * errors.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.ticklabel_format(axis="y", useOffset=False)


class _Gains:
    """Gains by (source, target, freeze): Series over fractions; empty where a cell or its scratch is missing.

    A cell is compared with that from scratch of its own seed, then the mean is taken.
    """

    def __init__(self, grid):
        self.errors = grid.set_index(["source", "target", "freeze", "fraction", "seed"])["error"].sort_index()

    def __call__(self, source, target, freeze=False):
        try:
            errors, scratch = (self.errors[s, target, f] for s, f in ((source, freeze), (SCRATCH, False)))
        except KeyError:
            return pd.Series(dtype=float)
        return (1 - errors / scratch).dropna().groupby("fraction").mean()

    def others(self, target):
        """{source: gains} of the other tasks that are there."""
        found = {source: self(source, target) for source in PAPER if source != target}
        return {source: gain for source, gain in found.items() if len(gain)}


def _numbers(gains):
    return "; ".join(
        f"{name.replace('_', ' ')}: " + ", ".join(f"{gain:+.0%} at {fraction:g}" for fraction, gain in gain.items())
        for name, gain in gains.items()) + "."


def _helps_frame_classification(gains):
    found = gains.others("frame_classification")
    if not found:
        return None, "No cells."
    helping = [name for name, gain in found.items() if gain.mean() > 0]
    return len(helping) > len(found) / 2, f"{len(helping)} of {len(found)} tasks help. {_numbers(found)}"


def _nearest_and_shift_are_apart(gains):
    found = {f"{source} for {target}": gain for target in ("nearest_bond", "shift_identification")
             for source, gain in gains.others(target).items()}
    exception = found.pop("shift_identification for nearest_bond", None)
    if exception is None or not found:
        return None, "No cells."
    little = {name: gain for name, gain in found.items() if gain.mean() < _LITTLE}
    holds = len(little) == len(found) and exception.mean() >= _LITTLE
    return holds, (f"Mean gain under {_LITTLE:.0%} for {len(little)} of {len(found)} pairs; shift identification for "
                   f"nearest bond {exception.mean():+.0%}. {_numbers(found)}")


def _autoencoder_and_denoising(gains):
    found = {"autoencoder for denoising": gains("autoencoder", "denoising"),
             "denoising for autoencoder": gains("denoising", "autoencoder")}
    if any(gain.empty for gain in found.values()):
        return None, "No cells."
    return all(gain.mean() > 0 for gain in found.values()), _numbers(found)


def _nearest_for_autoencoder(gains):
    gain = gains("nearest_bond", "autoencoder")
    if len(gain) < 2 or 1.0 not in gain:
        return None, "No cells."
    return bool(gain.iloc[0] <= 0 < gain[1.0]), _numbers({"nearest bond for autoencoder": gain})


def _free_beats_frozen(gains):
    pairs = gains.errors.unstack("freeze")
    if not {True, False} <= set(pairs):
        return None, "No cells."
    pairs = pairs.dropna().groupby(["source", "target", "fraction"]).mean()
    better = int(np.sum(pairs[False] < pairs[True]))
    return better > len(pairs) / 2, f"Free is better in {better} of {len(pairs)} cases of source, target and fraction."


_CLAIMS = {
    "8. Most pretraining helps frame classification": _helps_frame_classification,
    "9. Other tasks help nearest bond and shift little, but shift helps nearest bond": _nearest_and_shift_are_apart,
    "10. Autoencoder and denoising help each other": _autoencoder_and_denoising,
    "11. Nearest bond fails the autoencoder with little data and helps with all": _nearest_for_autoencoder,
    "12. Free cores beat frozen ones in most cases": _free_beats_frozen,
}
