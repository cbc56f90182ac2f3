"""What is there: tasks, weights, the compiled kernel, simulation engines and versions.

Of the weights for real particles, or of those in --weights: the preset, the epochs of training and the best validation
metric.
"""
import json

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.base.validators import is_finite, is_whole
from gala_ssl.commands.options import add_weights


def configure(parser):
    add_weights(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def interrupted(arguments):
    return "nothing was written"


def run(arguments):
    from gala_ssl.base.provenance import versions
    from gala_ssl.tasks import TASKS
    from gala_ssl.tasks.models.cards import tasks_with_weights
    from gala_ssl.tasks.models.sets import check_weights_folder

    folder = arguments.weights
    check_weights_folder(folder)
    found = {"tasks": {name: task.stream for name, task in TASKS.items()}, "folder": str(folder),
             "weights": {name: headline(folder, name) for name in tasks_with_weights(folder)},
             "kernel": kernel(), "engines": engines(), "versions": versions()}
    print(json.dumps(found, indent=2) if arguments.json else readable(found))


def headline(folder, name):
    """What matters most on the card of a task's weights, None where it does not say so or says nonsense."""
    from gala_ssl.base.files import read_json
    from gala_ssl.base.provenance import sha256
    from gala_ssl.tasks import TASKS
    from gala_ssl.tasks.models.sets import weights_file

    weights, metric = weights_file(folder, name), TASKS[name].metric
    card = weights.with_suffix(".json")
    if not card.exists():
        raise InputError(f"The weights {weights} have no card {card.name} beside them; copy both.",
                         path=card)
    card = read_json(card)
    best, data = (card.get(part) if isinstance(card.get(part), dict) else {} for part in ("best", "data"))
    preset, epochs = card.get("preset"), card.get("epochs")
    best, neighbors = best.get(f"val_{metric}"), data.get("neighbors")
    return {"preset": preset if isinstance(preset, str) and preset.isprintable() else None,
            "epochs": epochs if is_whole(epochs) else None, "metric": metric, "best": best if is_finite(best) else None,
            "neighbors": neighbors if is_whole(neighbors) else None, "sha256": sha256(weights)}


def kernel():
    """Whether the compiled kernel is there: its instruction set and threads, or the sentence that says what to do."""
    from gala_ssl.kernel import NotForKernel, instruction_set
    from gala_ssl.kernel.library import threads

    try:
        return {"installed": True, "instruction_set": instruction_set(), "threads": threads()}
    except NotForKernel as error:
        return {"installed": False, "remedy": str(error)}


def engines():
    """Whether each engine can be loaded: its version, or the sentence that says how to install it."""
    import importlib

    from gala_ssl.simulation.engines import ENGINES

    states = {}
    for name in ENGINES:
        try:
            module = importlib.import_module(f"gala_ssl.simulation.engines.{name}").load()
            version = getattr(module, "__version__", None) or module.version.version
            states[name] = {"installed": True, "version": str(version)}
        except InputError as error:
            states[name] = {"installed": False, "remedy": str(error)}
    return states


def readable(found):
    lines = ["Tasks", *(f"  {name:21} {stream}" for name, stream in found["tasks"].items()),
             "", f"Weights in {found['folder']}"]
    for name, weights in found["weights"].items():
        best = "" if weights["best"] is None else f", best validation {weights['metric']} {weights['best']:.3f}"
        lines.append(f"  {name:21} preset {weights['preset']}, {weights['epochs']} epochs{best}")
    lines += [] if found["weights"] else ["  none"]
    state = found["kernel"]
    lines += ["", "Compiled kernel", "  " + (f"{state['instruction_set']}, {pluralize(state['threads'], 'thread')}"
                                             if state["installed"] else state["remedy"])]
    lines += ["", "Simulation engines"]
    for name, state in found["engines"].items():
        lines.append(f"  {name:21} " + (f"version {state['version']}" if state["installed"] else state["remedy"]))
    lines += ["", "Versions", *(f"  {name:27} {version}" for name, version in found["versions"].items())]
    return "\n".join(lines)
