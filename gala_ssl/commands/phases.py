"""Find the phases of a trajectory: which of its frames a network cannot tell apart (paper, Appendix A).

    gala-ssl phases run.gsd -o phases
    gala-ssl phases run.gsd --frames 0:60 --every 3 --count 2 -o phases

A small frame classifier is trained on every fourth frame, a class a frame, with a tenth of the particles, and then
asked which frame the particles of the frames just after are from. Frames of one phase are mistaken for each other.
Prints between which frames one phase ends and the next begins, and writes phases.csv (the histogram of predicted frame
against true frame), phases.png (Figure 5) and card.json into a folder. The number of phases is yours to give: any
trajectory divides. A permutation test says whether there was something to divide; what chance does as well is no
transition, and is not drawn. The card has the likelihood of other numbers.
"""
import json
import pathlib

from gala_ssl.base.backend import check_keras
from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.base.files import check_folder
from gala_ssl.base.memory import keep_freed_memory
from gala_ssl.base.progress import Work, duration
from gala_ssl.commands.options import add_trajectory, chosen, trajectory_name, trajectory_of
from gala_ssl.frames.compressed import uncompressed_name


def configure(parser):
    add_trajectory(parser)
    parser.add_argument("-o", "--output", type=pathlib.Path,
                        help="folder to write to (default: TRAJECTORY_phases here)")
    parser.add_argument("--frames", default=":", help="which frames: a slice such as 0::2, or numbers with commas "
                        "between (default: all)")
    parser.add_argument("--count", type=int, default=3, help="number of phases (default: 3)")
    parser.add_argument("--every", type=int, default=4, help="distance of the frames to train on (default: 4)")
    parser.add_argument("--fraction", type=float, default=0.1, help="part of a frame's particles (default: 0.1)")
    parser.add_argument("--least", type=int, default=400, help="particles of a frame to take, at least, where "
                        "it has as many (default: 400)")
    parser.add_argument("--k", dest="neighbors", metavar="K", type=int, default=20,
                        help="bonds of a particle (default: 20)")
    parser.add_argument("--epochs", type=int, help="at most, in place of the preset's")
    parser.add_argument("--preset", choices=["full", "smoke"], default="full",
                        help="smoke: a tiny network, to see that it works")
    parser.add_argument("--seed", type=int, default=13, help="of particles, split and training")
    parser.add_argument("--directory", type=pathlib.Path, help="of the training, which resumes (default: OUTPUT/run)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no report")
    parser.add_argument("--json", action="store_true", help="print the card in place of the report")


def interrupted(arguments):
    return (f"the epochs of the training that were finished are kept in {folders(arguments)[1]}, and the same command "
            f"goes on after them")


def folders(arguments):
    """The folders to write to: of the results, and of the training's run."""
    output = arguments.output or pathlib.Path(f"{uncompressed_name(arguments.trajectory[0]).stem}_phases")
    return output, arguments.directory or output / "run"


def run(arguments):
    check_keras()
    work, (output, directory) = Work(), folders(arguments)
    check_folder(output)
    if arguments.count < 2:
        raise InputError(f"--count is {arguments.count}; phases are told apart where there are at least 2.",
                         option="--count", value=arguments.count)
    frames = trajectory_of(arguments, chosen(arguments.frames))
    if sorted(set(frames.numbers)) != frames.numbers:
        raise InputError(f"--frames {arguments.frames} is not in the order of time; give each frame once, the first "
                         "one first.", option="--frames", value=arguments.frames)
    keep_freed_memory()
    from gala_ssl.order.phases import find_phases

    config = settings(arguments)
    # A trajectory that is too short should be known before the training.
    config.training_frames(len(frames), arguments.count)
    found = find_phases(frames, config, directory, not arguments.quiet)
    card = write(output, arguments, frames, config, found, directory)
    if arguments.json:
        print(json.dumps({"output": str(output)} | card, indent=2))
    elif not arguments.quiet:
        print(sentence(card))
        print(f"Trained for {pluralize(card['epochs'], 'epoch')} on {len(card['known'])} of "
              f"{pluralize(len(frames), 'frame')} and wrote phases.csv, phases.png and card.json to {output} in "
              f"{duration(work.seconds)}.")


def settings(arguments):
    """The PhaseConfig that the options mean."""
    import dataclasses

    from gala_ssl.order.phases import PhaseConfig
    from gala_ssl.training.presets import PRESETS

    config = PhaseConfig(arguments.every, arguments.fraction, arguments.neighbors, seed=arguments.seed,
                         least=arguments.least)
    if arguments.preset == "smoke":
        smoke = PRESETS["smoke"]
        config = dataclasses.replace(config, core=smoke.core, training=smoke.training)
    if arguments.epochs is not None:
        config = dataclasses.replace(config, training=dataclasses.replace(config.training, epochs=arguments.epochs))
    return config


def write(output, arguments, frames, config, found, directory):
    """Write table, figure and card; return the card. Frames have their numbers in the file."""
    import dataclasses

    import numpy as np
    import pandas as pd

    from gala_ssl.base.files import write_csv, write_json, written_whole
    from gala_ssl.base.provenance import versions
    from gala_ssl.training.checkpoint import HISTORY

    numbers = np.array(frames.numbers)
    known, asked = numbers[found.training_frames], numbers[found.test_frames]
    transitions = [{"last": int(numbers[each.last]), "first": int(numbers[each.first]), "across": each.across,
                    "chance": each.chance, "shown": bool(each.shown)}
                   for each in found.transitions(arguments.count)]
    write_csv(output / "phases.csv", pd.DataFrame({
        "true_frame": np.repeat(asked, len(known)), "predicted_frame": np.tile(known, len(asked)),
        "part": found.histogram.ravel()}))
    with written_whole(output / "phases.png") as temporary:
        figure(frames, known, asked, found.histogram, transitions).savefig(temporary, dpi=150)
    history = pd.read_csv(directory / HISTORY)
    card = {"trajectory": trajectory_name(arguments), "settings": dataclasses.asdict(config),
            "known": known.tolist(), "asked": asked.tolist(), "accuracy": found.accuracy, "count": arguments.count,
            "transitions": transitions, "likelihoods": found.likelihoods(), "epochs": len(history),
            "seconds": round(float(history["seconds"].sum()), 1), "versions": versions()}
    write_json(output / "card.json", card)
    return card


def figure(frames, known, asked, histogram, transitions):
    """Figure 5, with energy and temperature under it where the file logs them."""
    from matplotlib.figure import Figure

    from gala_ssl.frames.formats.gsd import logged
    from gala_ssl.plot.plots import energy_by_frame, frame_histogram

    places = [(each["last"] + each["first"]) / 2 for each in transitions if each["shown"]]
    logs = logged(frames, ("potential_energy", "kT"))
    made = Figure(figsize=(4.6, 5.2 if logs is None else 6.6), layout="constrained")
    if logs is None:
        frame_histogram(histogram, known, asked, places, made.subplots())
    else:
        upper, lower = made.subplots(2, 1, sharex=True, height_ratios=[5, 2])
        frame_histogram(histogram, known, asked, places, upper).set_xlabel("")
        energy_by_frame(frames.numbers, logs["potential_energy"], logs["kT"], places, lower).set_xlabel("true frame")
        made.align_ylabels([upper, lower])
    return made


def sentence(card):
    """What was found, for reading: the transitions that are more than chance, or that there are none."""
    shown = [each for each in card["transitions"] if each["shown"]]
    if not shown:
        best = min((each["chance"] for each in card["transitions"]), default=1.0)
        return (f"No transition found: the network does not tell earlier frames from later ones better than chance "
                f"does (p = {best:.2g}). Either nothing changes, or it learned too little: try more particles "
                f"(--fraction 1), frames closer to each other, or gala-ssl identify.")
    where = ", ".join(f"between frames {each['last']} and {each['first']} ({each['across']:.0%}, p = "
                      f"{each['chance']:.2g})" for each in shown)
    hidden = len(card["transitions"]) - len(shown)
    others = (f" {pluralize(hidden, 'further division')} no better than chance {'is' if hidden == 1 else 'are'} left "
              f"out.")
    likelihoods = card["likelihoods"]
    likeliest = max(likelihoods, key=likelihoods.get)
    return (f"A phase ends and the next begins {where}.{others if hidden else ''} In brackets: the part of the "
            f"particles of two phases that the network takes for the other's, 50% where nothing tells them apart, and "
            f"how often chance does as well. Of 1 to {len(likelihoods)} phases, the likeliest number is {likeliest}.")
