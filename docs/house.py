"""Draw docs/house.png, which room of gala_ssl imports what from which, from the code itself.

    python docs/house.py

The order of the rooms is that of the contract in setup.cfg; the imports are those that grimp finds, which import-linter
checks against it. Needs the extra "dev".
"""
import collections
import configparser
import pathlib

import grimp
from matplotlib.figure import Figure

HERE = pathlib.Path(__file__).parent
PACKAGE = HERE.parent / "gala_ssl"
# Packages in which networks are computed and trained: a column of their own.
KERAS = ("keras", "tensorflow", "jax")
CODE = (".py", ".cpp", ".h")
WALL, OWN, INK = "#0072B2", "#BBBBBB", "#222222"


def storeys():
    """The rooms from the roof down, a list of lists: those in one list do not know each other."""
    setup = configparser.ConfigParser()
    setup.read(HERE.parent / "setup.cfg")
    layers = setup["importlinter:contract:rooms"]["layers"].split("\n")
    return [layer.replace("|", " ").split() for layer in layers if layer.strip()]


def imports():
    """{(room, room or "Keras"): in how many pairs of modules the first imports the second}."""
    graph = grimp.build_graph(PACKAGE.name, include_external_packages=True, cache_dir=None)
    pairs = collections.Counter()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            first, second = room_of(module), room_of(imported)
            if first and second and first != second:
                pairs[first, second] += 1
    return pairs


def room_of(module):
    """The room of a module, "Keras" for what computes networks, or None for other packages and the package itself."""
    top, *inside = module.split(".")
    return (inside or [None])[0] if top == PACKAGE.name else "Keras" if top in KERAS else None


def size(room):
    """Files and lines of code of a room."""
    folder = PACKAGE / room
    files = [file for file in folder.rglob("*") if file.suffix in CODE] or [folder.with_suffix(".py")]
    return len(files), sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)


def draw(floors, pairs, sizes):
    """Return the Figure: a row a room with its size, a column a room that it may import."""
    rooms = [room for floor in floors for room in floor]
    columns = [*reversed(rooms), "Keras"]
    figure = Figure(figsize=(9, 5.4), layout="constrained")
    bars, table = figure.subplots(1, 2, sharey=True, width_ratios=(1, 2.6))
    rows = range(len(rooms))
    bars.barh(rows, [lines for _, lines in sizes], color=WALL)
    for row, (files, lines) in enumerate(sizes):
        bars.text(lines + 60, row, f"{files} files" if files > 1 else "1 file", va="center", fontsize=8, color=INK)
    bars.set(yticks=rows, yticklabels=rooms, xlim=(0, 1.3 * max(lines for _, lines in sizes)))
    bars.set_xlabel("lines of code")
    bars.spines[["top", "right"]].set_visible(False)
    most = max(pairs.values())
    for row, room in enumerate(rooms):
        for column, imported in enumerate(columns):
            count = pairs[room, imported]
            if room == imported:
                table.scatter(column, row, s=90, marker="s", color=OWN, lw=0)
            elif count:
                table.scatter(column, row, s=60 + 440 * count / most, color=WALL, alpha=0.25 + 0.6 * count / most, lw=0)
                table.text(column, row, count, ha="center", va="center", fontsize=8, color=INK)
    table.text(len(rooms) - 0.8, len(rooms) - 1, "nothing here: a room imports\nonly from the rooms before it",
               ha="right", va="bottom", fontsize=9, color=INK, backgroundcolor="white")
    table.axvline(len(rooms) - 0.5, color=INK, lw=0.8)
    table.set(xticks=range(len(columns)), xlim=(-0.6, len(columns) - 0.4), ylim=(len(rooms) - 0.4, -0.6))
    table.set_xticklabels(columns, rotation=45, ha="right", rotation_mode="anchor")
    table.tick_params(left=False)
    table.set_axisbelow(True)
    table.grid(color="#E5E5E5", lw=0.6)
    table.spines[:].set_visible(False)
    table.set_title("How often a room (row) imports from another (column)", fontsize=10)
    return figure


def main():
    floors = storeys()
    figure = draw(floors, imports(), [size(room) for floor in floors for room in floor])
    # Without the version of matplotlib in it, so that the same code gives the same file.
    figure.savefig(HERE / "house.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
