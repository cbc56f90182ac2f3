"""How sure are names of structures: families, calibration, unknown structures. Fitted once for a set of weights.

    python experiments/how_sure.py fit       write "decision" into the card of frame classification, and families.csv
    python experiments/how_sure.py threshold write only the threshold for unknown structures anew
    python experiments/how_sure.py report    hot_sure.csv, hot_calibration.csv and unknown.csv in results/thermal

Only the half of results/hot_crystals with use "tune" is fitted to, and crystals made here; A15, hexagonal diamond and
the shipped quasicrystals are not fitted to. The network is not trained.
"""
import argparse
import json
import pathlib
import re

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

import strangers
from gala_ssl.base.files import read_json, write_csv, write_text
from gala_ssl.commands.main import script
from gala_ssl.frames.reading import read_frames
from gala_ssl.order.decision import Decision, within
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.families import families, mistaken
from gala_ssl.order.identify import Identifier
from gala_ssl.order.names import LIQUID, SHORT_NAMES
from gala_ssl.order.unknown import KnownOrNot
from gala_ssl.tasks.models.sets import weights_folder
from sure_samples import NOISES, Measured, add_hot, gather, known, strangeness
from thermal_results import RESULTS, calibration_error

TRAJECTORIES = pathlib.Path(__file__).parents[1] / "data" / "trajectories"
ALIKE_AT = 0.10  # noise at which families are made: that of the hottest crystals
ALIKE = {"alone": 0.2, "pooled": 0.1}  # mistaken for each other more often than this
LIQUIDS = 0.998  # of the particles of melts to tune on must be named liquid
BIASES = -np.arange(0, 4.01, 0.25)
HIDDEN, DECAY, PASSES = 24, 3.0, 16  # of the classifier of unknown structures
# Of false alarms on hot crystals to tune on, and on built ones but the hottest, of which many would have melted.
RATES = {"tune": 0.001, "built": 0.03}


def fit(embedding):
    """The numbers of "decision" and the table of families."""
    structures, found = embedding.card["structures"], gather(embedding)
    decision, tables = {}, []
    for kind, column in (("alone", 1), ("pooled", 2)):
        truth, *values = found.where(lambda name, truth, use: name == f"built {ALIKE_AT}")
        error = mistaken(values[column - 1], np.array([structures.index(name) for name in truth]))
        error = error[:-2, :-2]
        np.fill_diagonal(error, 0)
        groups = [sorted(group, key=lambda i: usual_first(structures[i])) for group in families(error, ALIKE[kind])]
        names = [[structures[i] for i in group] for group in groups]
        tables.append(pd.DataFrame([{"evidence": kind, "family": " ".join(group)} for group in names]))
        tables[-1]["mistaken"] = [(error + error.T)[np.ix_(group, group)].max() / 2 for group in groups]
        decision[kind] = fitted(found, column, structures, names, kind == "pooled")
    decision["unknown"] = unknown(found)
    return decision, pd.concat(tables)


def usual_first(name):
    return list(SHORT_NAMES).index(name) if name in SHORT_NAMES else len(SHORT_NAMES)


def fitted(found, column, structures, names, biased):
    """Bias of "liquid" and sharpness, on the hot crystals and melts to tune on."""
    truth, *values = found.where(lambda name, truth, use: use == "tune")
    evidence, liquid = values[column - 1], truth == LIQUID
    bias = 0.0
    for candidate in BIASES if biased else ():
        scores = Decision(candidate).scores(evidence[liquid], structures)
        if np.mean(scores.argmax(axis=1) == structures.index(LIQUID)) >= LIQUIDS:
            bias = float(candidate)

    def surprise(logarithm):
        decision = Decision(bias, np.exp(logarithm), names)
        groups = decision.groups(structures)
        total, _ = within(decision.scores(evidence, structures), groups)
        place = {structures[i]: number for number, group in enumerate(groups) for i in group}
        return -total[np.arange(len(truth)), [place[name] for name in truth]].mean()

    best = minimize_scalar(surprise, bounds=(-2, 3), method="bounded").x
    return {"liquid": bias, "sharpness": round(float(np.exp(best)), 3), "families": names}


def unknown(found):
    """The classifier of unknown structures, and its threshold."""
    known = found.where(lambda name, truth, use: use in ("varied", "tune"))[3]
    strange = found.where(lambda name, truth, use: use == "stranger")[3]
    mean, scale = known.mean(axis=0), known.std(axis=0)
    many = len(known)
    rows = np.concatenate([known, np.resize(strange, (many // 2, strange.shape[1]))])
    answers = np.repeat([0, 1], [many, many // 2])
    net = MLPClassifier((HIDDEN,), alpha=DECAY, max_iter=PASSES, batch_size=512, learning_rate_init=3e-3,
                        random_state=0).fit((rows - mean) / scale, answers)
    numbers = {"mean": mean, "scale": scale, "hidden": net.coefs_[0], "hidden_bias": net.intercepts_[0],
               "out": net.coefs_[1][:, 0], "out_bias": net.intercepts_[1][0]}
    numbers = {key: np.round(np.asarray(value, float), 5).tolist() for key, value in numbers.items()}
    return with_threshold(numbers, found)


def with_threshold(numbers, found):
    """The numbers of the classifier, with the threshold that leaves at most `RATES` of known crystals above it."""
    arrays = {key: np.array(value) for key, value in numbers.items()}
    decide = KnownOrNot(**arrays | {"threshold": 0, "false_alarms": 0})
    odds = {kind: found.odds(decide, lambda name, truth, use, kind=kind: use == kind and truth != LIQUID
                             and name != f"built {NOISES[-1]}") for kind in RATES}
    threshold = max(np.nanquantile(odds[kind], 1 - rate) for kind, rate in RATES.items())
    return numbers | {"threshold": round(float(threshold), 4), "false_alarms": RATES["tune"]}


def report(embedding):
    """Tables of hot crystals (names, calibration, false alarms) and of strangers."""
    found, structures = Measured(embedding), embedding.card["structures"]
    for use in ("tune", "report"):
        add_hot(found, use)
    for name in strangers.CELLS:
        for noise in NOISES:
            hot = strangers.heated(strangers.named(name, 1000), noise, 99)
            found.add(f"{name} {noise}", "stranger", hot, "stranger")
    for path in sorted(TRAJECTORIES.glob("*_solid.gsd")):
        found.add(path.stem, "droplet", read_frames(path)[0], "shipped", bulk=True)
    decide, free = KnownOrNot.from_card(embedding.card), Identifier(embedding)
    hot, sure, strange, reference = [], {}, [], []
    for part in found:
        name, truth, use, frame, rows, alone, evidence, summary = part
        answer, odds = free.decide(evidence, summary, frame), strangeness(decide, part)
        nearest, known, alone = answer.nearest[rows], answer.known[rows], alone[rows]
        if use in ("tune", "report"):
            usual = SHORT_NAMES.get(truth, truth)
            single = Decision.from_card(embedding.card, False)
            total, _ = within(single.scores(alone, structures), single.groups(structures))
            place = next(i for i, group in enumerate(single.groups(structures)) if structures.index(truth) in group)
            right = nearest == usual
            hot.append({"system": name, "use": use, "single": np.mean(total.argmax(axis=1) == place),
                        "family": right.mean(), "structure": np.mean(answer.member[rows] == usual),
                        "unknown": 1 - known.mean()})
            sure.setdefault((use, "pooled"), []).append((answer.probability[rows], right))
            sure.setdefault((use, "alone"), []).append((np.exp(total.max(axis=1)), total.argmax(axis=1) == place))
            if use == "report" and truth != LIQUID:
                reference.append(odds)
        else:
            strange.append((name, odds[~np.isnan(odds)], nearest, known))
    reference = np.concatenate(reference)
    rows = [{"system": name, "auc": roc_auc_score(np.repeat([0, 1], [len(reference), len(odds)]),
                                                  np.concatenate([reference, odds])),
             "unknown": 1 - known.mean(), "nearest": pd.Series(nearest).mode()[0], "particles": len(odds)}
            for name, odds, nearest, known in strange]
    errors = [{"use": use, "evidence": kind, "calibration_error": calibration_error(*map(np.concatenate, zip(*parts)))}
              for (use, kind), parts in sorted(sure.items())]
    return {"hot_sure": pd.DataFrame(hot), "hot_calibration": pd.DataFrame(errors), "unknown": pd.DataFrame(rows)}


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fit", "threshold", "report"))
    parser.add_argument("--weights", default="thermal", help="a set that ships or a folder (default: thermal)")
    arguments = parser.parse_args(argv)
    embedding = Embedding.from_pretrained("frame_classification", weights=arguments.weights, progress=False)
    if arguments.what == "report":
        tables = report(embedding)
    else:
        decision, tables = embedding.card["decision"], {}
        if arguments.what == "fit":
            decision, tables["families"] = fit(embedding)
        else:
            decision["unknown"] = with_threshold(decision["unknown"], known(embedding))
        path = weights_folder(arguments.weights) / "frame_classification.json"
        text = json.dumps(read_json(path) | {"decision": decision}, indent=2)
        # Rows of numbers in one line each.
        write_text(path, re.sub(r"\[[-\d\s.,e]+\]", lambda row: " ".join(row[0].split()), text) + "\n")
    for name, table in tables.items():
        write_csv(RESULTS / f"{name}.csv", table, float_format="%.4f")
        print(table.to_string(index=False))


if __name__ == "__main__":
    main()
