"""Options that several commands have in common; naming the choices must not wait for Keras."""
from gala_ssl.clouds.rules import RULES, NeighborRule, parameters, rule_named
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.sets import weights_folder


def add_task(parser):
    parser.add_argument("--task", default="frame_classification", metavar="TASK",
                        help=f"whose network: {', '.join(TASKS)} (default: frame_classification)")


def add_tasks(parser):
    parser.add_argument("--tasks", nargs="*", metavar="TASK",
                        help=f"learned embeddings, of {', '.join(TASKS)}; default: all with weights")


def add_weights(parser):
    parser.add_argument("--weights", type=weights_folder, help="paper, converged or thermal, the sets that ship, or a "
                        "folder of weights (default: paper)")


def add_types(parser):
    parser.add_argument("--ignore-types", action="store_true", help="take all particles for one type, as the networks "
                        "that ship know")


def add_engine(parser):
    parser.add_argument("--engine", choices=("auto", "kernel", "keras"), default="auto", help="what computes: the "
                        "compiled kernel, keras, or the kernel where it can (default: auto)")


def add_scale(parser):
    parser.add_argument("--scale", help="what lengths are divided by for learned embeddings: contact (within which one "
                        "particle in a hundred has its nearest neighbour), shortest (bond of the frame), bulk (the "
                        "mean bond of its dense part) or mean_bond (of each cloud); default: what the network was "
                        "trained with, contact for the paper's weights, mean_bond for the thermal ones")


def add_neighbors(parser):
    parser.add_argument("--neighbors", default="nearest", help=f"{', '.join(RULES)} (default: nearest)")
    parser.add_argument("--k", type=int, help="bonds a particle, at most; default: what the network was trained on")
    for name, field in _parameters().items():
        owners = " or ".join(rule for rule, cls in RULES.items() if name in parameters(cls))
        parser.add_argument(f"--{name.replace('_', '-')}", type=field.type,
                            help=f"of --neighbors {owners}, {field.metadata['help']}")


def neighbors_of(arguments) -> NeighborRule:
    """The rule for neighbours that the options of `add_neighbors` mean."""
    return rule_named(arguments.neighbors, arguments.k, **{name: getattr(arguments, name) for name in _parameters()})


def _parameters():
    """The parameters of all rules that are options, by name."""
    return {name: field for rule in RULES.values() for name, field in parameters(rule).items()
            if "help" in field.metadata}
