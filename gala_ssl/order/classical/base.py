"""Which classical order parameters there are, and what they have in common.

Each is a featurizer: a callable `frame -> (N, dimension)` float32 with a `name` and a `dimension`, made without
arguments; `order`, if it has one, is its place among the others, and `of_paper` is true of those that Table 1 of the
paper has. `gala_ssl.order.featurizer.Featurizer` adds a table.
"""
from gala_ssl.base.registry import register
from gala_ssl.order.featurizer import OrderParameter

# The numbers of neighbours that the paper's order parameters are computed for.
NEIGHBORS = tuple(range(4, 21))
# The order parameters that there are, by name, in their `order`.
BASELINES: dict[str, type[OrderParameter]] = {}


def register_baseline(baseline):
    """Make a classical order parameter known by its name: a decorator of its class."""
    return register(BASELINES, "classical order parameter", baseline)


def baselines(of_paper: bool = False) -> tuple[OrderParameter, ...]:
    """Return one of each, or only those of the paper's Table 1: its three have 102, 1547 and 20 numbers a particle."""
    return tuple(baseline() for baseline in BASELINES.values()
                 if not of_paper or getattr(baseline, "of_paper", False))


def freud_system(search):
    """The frame of a NeighborSearch as freud takes it: (box, positions wrapped into it), open vectors made long."""
    return search.query.box, search.query.points
