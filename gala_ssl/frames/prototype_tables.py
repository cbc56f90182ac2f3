"""The tables of prototype structures, see `gala_ssl.frames.prototypes`."""
import csv
import dataclasses
import fractions
import functools
import importlib.resources


@dataclasses.dataclass(frozen=True)
class Prototype:
    """Crystallographic facts of one structure, as in the table.

    Attributes:
        name: such as "cP20-Mn".
        structure: its usual name, with the Strukturbericht symbol.
        label, source: AFLOW label and key of the reference.
        space_group, setting: number in the International Tables; 2 for origin choice 2, else 1.
        lattice: a, b, c in angstrom and alpha, beta, gamma in degrees, of the conventional cell.
        sites: pairs of a Wyckoff position, such as "12d", and fractional coordinates (3,) of a point of it.
        note: what departs from the source, and why.
        site_types: the type of each site: "A" throughout where there is one component, else chemical symbols.
    """

    name: str
    structure: str
    label: str
    source: str
    space_group: int
    setting: int
    lattice: tuple
    sites: tuple
    note: str = ""
    site_types: tuple = ()

    @property
    def type_names(self) -> tuple[str, ...]:
        """The types of its particles, in alphabetical order."""
        return tuple(sorted(set(self.site_types)))


@functools.cache
def read_table(file):
    """The `Prototype`s of a table in this folder by name, in its order."""
    heads, sites = {}, {}
    for row in _rows(file):
        if row["name"]:
            name = row["name"]
            heads[name], sites[name] = row, []
        sites[name].append(row)
    return {name: _prototype(row, sites[name]) for name, row in heads.items()}


def _prototype(row, sites):
    types = tuple(site.get("type", "A") for site in sites)
    return Prototype(
        row["name"], row["structure"], row["label"], row["source"], int(row["space_group"]), int(row["setting"]),
        tuple(float(row[key]) for key in ("a", "b", "c", "alpha", "beta", "gamma")),
        tuple((site["site"], tuple(_number(site[axis]) for axis in "xyz")) for site in sites),
        "; ".join(f"{site['site']}: {site['note']}" for site in sites if site["note"]),
        types if len(set(types)) > 1 else ("A",) * len(types))


def _number(text):
    return float(fractions.Fraction(text)) if "/" in text else float(text)


@functools.cache
def read_alike():
    """The rows of library_alike.csv by name."""
    return {row["name"]: row for row in _rows("library_alike.csv")}


def _rows(file):
    path = importlib.resources.files("gala_ssl.frames").joinpath(file)
    return csv.DictReader(path.read_text(encoding="utf-8").splitlines())
