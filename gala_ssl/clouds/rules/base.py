"""What a rule for neighbours is, and which there are."""
import abc
import dataclasses
from typing import ClassVar

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.base.registry import register

# The rules that there are, {name: class}, in their `order`.
RULES: dict[str, type["NeighborRule"]] = {}


@dataclasses.dataclass(frozen=True)
class NeighborRule(abc.ABC):
    """Which particles are the neighbours of a particle.

    A subclass is a frozen dataclass whose fields are the parameters of the rule. The command line has an option for
    each field with a `help` in its metadata, of the type of the field. A subclass states, as class attributes,

        name: of the rule, for the command line and cards. order: its place among the others.
        fixed: whether each particle has `most` neighbours, neither more nor fewer.
        finds_images: whether the lists are right beyond half the box as well.

    and defines `find`.

    Args:
        most: number of bonds in a cloud at most; where a rule gives more neighbours, the nearest of them are kept. None
            leaves it to what the rule is given to: 20, or what a network was trained on.

    Raises:
        InputError: a number that is not whole, or less than 1.
    """

    most: int | None = dataclasses.field(default=None, kw_only=True)

    name: ClassVar[str]
    fixed = False
    finds_images = False

    def __post_init__(self):
        if self.most is None:
            return
        if int(self.most) != self.most or self.most < 1:
            raise InputError(f"A point cloud needs a whole number of neighbours, at least 1, not {self.most!r}.",
                             option="most", value=self.most)
        object.__setattr__(self, "most", int(self.most))

    def prepare(self, search):
        """Return what `find` needs of a whole frame, which the search keeps as `prepared`; None if it needs nothing.

        Args:
            search: `gala_ssl.clouds.neighbors.NeighborSearch`, with its `frame`, the `query` of freud, and `others`.
        """
        return None

    @abc.abstractmethod
    def find(self, search, start: int, stop: int):
        """Find the neighbours of the centres start ... stop - 1 of a search.

        Returns:
            (NeighborList, bool): freud's, of these centres, numbered from 0, by centre and then by distance; whether it
            is complete, or the box is too small for all neighbours.
        """

    def limited(self, most: int | None) -> "NeighborRule":
        """The rule with `most` bonds in a cloud, if it has no number of its own."""
        return dataclasses.replace(self, most=most) if self.most is None else self

    def card(self) -> dict:
        """The rule in plain values, as the cards of embeddings have it: neighbors (its name), k, and its parameters."""
        settings = dataclasses.asdict(self)
        return {"neighbors": self.name, "k": settings.pop("most"), "r_max": None} | settings


def register_rule(rule):
    """Make a rule known by its name: a decorator of subclasses of NeighborRule."""
    return register(RULES, "rule for neighbours", rule)


def parameters(rule):
    """The fields of a rule's class beside `most`, by name."""
    return {field.name: field for field in dataclasses.fields(rule) if field.name != "most"}


def rule_named(name: str, most: int | None = None, **values) -> NeighborRule:
    """Return the rule with a name and its parameters; a parameter that is None was not given.

    Raises:
        InputError: there is no such rule, or it has no such parameter.
    """
    check_choice("rule for neighbours", name, RULES, option="neighbors")
    known = parameters(RULES[name])
    for option, value in values.items():
        if option not in known and value is not None:
            owners = " or ".join(repr(other) for other, rule in RULES.items() if option in parameters(rule))
            raise InputError(f"{option} is of neighbours by {owners}; by {name!r} leave it out.", option=option,
                             value=value)
    return RULES[name](most=most, **{option: values.get(option) for option, field in known.items()
                                     if field.default is dataclasses.MISSING or values.get(option) is not None})


def check_rule(neighbors) -> None:
    """InputError unless this is a rule."""
    if not isinstance(neighbors, NeighborRule):
        raise InputError(f"Neighbours are chosen by a rule such as gala_ssl.Nearest(20), not by {neighbors!r}.",
                         option="neighbors", value=neighbors)
