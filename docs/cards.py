"""Pages about the weights that ship, made from their cards whenever the documentation is built."""
import datetime
import os

from gala_ssl.base.files import read_json
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.models.sets import SETS, weights_file
from gala_ssl.training.presets import PRESETS

# What a set is for; all else is in the cards.
FOR = {
    "paper": "The paper's data, settings and schedule, for its reproduction: nearly perfect crystals. Hot crystals of "
             "real particles are not recognised.",
    "converged": "The paper's environments, all of them for every task, trained without dropout by a learning rate "
                 "that falls as a cosine: how much of the paper's scores is due to the length of the training.",
    "thermal": "Hot crystals, melts and gases, for real particles; the default. Its questions are harder, so its "
               "scores are not comparable with those of the other sets.",
}
UNITS = {"length_scale": {"mean_bond": "each cloud's own mean bond", "contact": "contact distance"}}


def cards_of(name):
    """{task: card} of a set, in the paper's order; the tasks that it has weights of."""
    return {task: read_json(weights_file(name, task).with_suffix(".json")) for task in TASKS
            if weights_file(name, task).exists()}


def page():
    """reStructuredText of all sets: a table of its networks for each, and a section for each network."""
    return "\n".join(set_part(name, cards_of(name)) for name in SETS)


def set_part(name, cards):
    rows = [[f":ref:`{task.replace('_', ' ')} <card-{name}-{task}>`", metric_of(card), epochs_of(card), clouds_of(card),
             f"{os.path.getsize(weights_file(name, task)) / 1000:,.0f} kB"] for task, card in cards.items()]
    header = ["Task", "On frames it never saw", "Epochs", "Clouds", "Size"]
    return (f"{heading(name, '-')}\n{FOR.get(name, '')}\n\n{table([header, *rows], (22, 30, 18, 18, 12))}\n"
            + "\n".join(card_part(name, task, card) for task, card in cards.items()))


def card_part(name, task, card):
    facts = [("Question", (TASKS[task].__doc__ or "").strip().split("\n")[0]), ("Metric", metric_of(card)),
             ("Trained on", environments(card)), ("Classes", classes(card)), ("Epochs", epochs_of(card)),
             ("Machine", machine(card)), ("Limits", limits(card)), ("Further metrics", further(card)),
             ("Network", network(card)), ("Licence", card.get("licence") or card.get("license")),
             ("SHA-256", code(card.get("sha256")))]
    rows = [list(fact) for fact in facts if fact[1]]
    return (f".. _card-{name}-{task}:\n\n{heading(f'{name}: {task.replace(chr(95), chr(32))}', '~')}\n"
            f"{table(rows, (20, 80), header=0)}")


def metric_of(card):
    """The validation metric of the epoch that was kept: accuracy or mean absolute error."""
    best = card.get("best") or {}
    for key, words in (("val_accuracy", "accuracy"), ("val_mean_absolute_error", "mean absolute error")):
        if key in best:
            return f"{words} {best[key]:.3f}"
    return "not in the card"


def epochs_of(card):
    """How many epochs were done of how many that its schedule has."""
    training = card.get("training") or {}
    done, of = card.get("epochs"), training.get("epochs")
    if done is None:
        return "not in the card"
    if training.get("schedule", "plateau") == "plateau":
        return f"{done}, at most {of}" if of else str(done)  # it ends when it no longer gets better
    return f"{done} of {of}" if of else str(done)


def clouds_of(card):
    clouds = card.get("clouds") or {}
    return f"{clouds['training']:,}" if "training" in clouds else "not in the card"


def environments(card):
    """What the clouds were cut from, in a sentence."""
    data = card.get("data") or {}
    thermal = data.get("thermal")
    if thermal:
        low, high = thermal["noise"]
        unit = UNITS["length_scale"].get(thermal.get("length_scale"), thermal.get("length_scale"))
        return (f"thermal environments, new for each epoch: noise of {low} to {high} shortest distances, vacancies in "
                f"{thermal['vacancies']:.0%} and surfaces in {thermal['surfaces']:.0%} of the frames, melts and gases; "
                f"unit of length: {unit}; {data.get('neighbors')} neighbours")
    noises = ", ".join(map(str, data.get("noises", ())))
    return (f"prototypes with a noise of {noises} shortest distances; {data.get('static_fraction', 1):.0%} of the "
            f"environments for static tasks; {data.get('neighbors')} neighbours") if noises else ""


def classes(card):
    names = card.get("structures") or []
    others = [name for name in names if name in ("liquid", "gas")]
    return f"{len(names) - len(others)} structures" + (f", {' and '.join(others)}" if others else "") if names else ""


def machine(card):
    """Where and how long; cards of trainings on a processor do not name it."""
    backend = (card.get("versions") or {}).get("backend")
    parts = [card.get("trained_on") or "a processor", f"Keras on {backend}" if backend else "",
             f"{datetime.timedelta(seconds=round(card['seconds']))} h" if "seconds" in card else ""]
    return "; ".join(filter(None, parts))


def limits(card):
    """What a card says against its own network."""
    training, said = card.get("training") or {}, [card.get("note")]
    if training.get("schedule") == "cosine" and card.get("epochs", 0) < training.get("epochs", 0) and not said[0]:
        said.append("the training ended before its schedule")
    refined = card.get("refined") or {}
    said.append(f"changed after the training: {refined['layers']} ({refined['why']})" if "why" in refined else None)
    said += card["limits"] if isinstance(card.get("limits"), list) else [card.get("limits")]
    said.append("one training, one seed" if training.get("seed") is not None else None)
    return "; ".join(filter(None, said))


def further(card):
    """Metrics that a card has beside those of its best epoch."""
    found = card.get("metrics") or {}
    return ", ".join(f"{name.replace('_', ' ')} {value:.3g}" if isinstance(value, (int, float)) else f"{name} {value}"
                     for name, value in found.items()) if isinstance(found, dict) else str(found)


def network(card):
    core = card.get("core") or {}
    preset = card.get("preset")
    shape = f"{core['blocks']} blocks of width {core['width']}, dropout {core['dropout']}" if "blocks" in core else ""
    return "; ".join(filter(None, [f"preset ``{preset}``" if preset in PRESETS else preset, shape]))


def code(text):
    return f"``{text}``" if text else ""


def heading(text, line):
    return f"{text}\n{line * len(text)}\n"


def table(rows, widths, header=1):
    """A list-table of rows of cells."""
    lines = [".. list-table::", f"   :widths: {' '.join(map(str, widths))}", f"   :header-rows: {header}", ""]
    for row in rows:
        for place, cell in enumerate(row):
            lines.append(f"   {'* -' if place == 0 else '  -'} {cell}")
    return "\n".join(lines) + "\n"
