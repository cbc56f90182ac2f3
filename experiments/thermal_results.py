"""What the thermal networks know: built crystals, hot crystals by molecular dynamics, and how well they denoise.

    python experiments/thermal_results.py built       accuracy by noise, families of structures that look alike
    python experiments/thermal_results.py hot         results/hot_crystals named free among all and among six
    python experiments/thermal_results.py denoised    distance to the ideal sites before and after a step
    python experiments/thermal_results.py cards       metric of every task by noise, also written into the cards

Each writes its tables to results/thermal. Noise realisations are new ones, which no training has seen; no particle of
results/hot_crystals was trained on. Families are the structures that the network confuses most at a noise: two belong
to one where together more than 0.3 of their particles get the other's name.
"""
import argparse
import collections
import dataclasses
import functools
import pathlib

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import softmax

from gala_ssl.base.files import read_json, write_csv, write_json
from gala_ssl.clouds.lengths import own_mean_bond
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.commands.main import script
from gala_ssl.frames import prototypes
from gala_ssl.networks.compiled import CompiledWhereItPays
from gala_ssl.order.embedding import Embedding
from gala_ssl.order.identify import Identifier
from gala_ssl.order.names import SHORT_NAMES
from gala_ssl.order.pooling import pooled
from gala_ssl.tasks import TASKS
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.data.thermal import ThermalStream, thermal_environments
from gala_ssl.tasks.models.cards import describe
from gala_ssl.tasks.models.pretrained import load_model
from gala_ssl.tasks.models.sets import weights_folder
from gala_ssl.training.fit import compile_for, validate
from gala_ssl.training.presets import TrainingConfig, preset
from hot_crystals import load_hot_crystals

RESULTS = pathlib.Path(__file__).parents[1] / "results" / "thermal"
NOISES = (0.05, 0.08, 0.10, 0.12, 0.15)
SIX = ("fcc", "hcp", "bcc", "sc", "diamond", "liquid")
ALIKE = 0.3
CLOUDS = 200  # of a class
CARD_NOISES, CARD_CLOUDS = (0.02, 0.05, 0.10, 0.15), 1500
SEED = 2026


def probabilities(embedding, clouds):
    """(n, classes): of each class, of point clouds in the network's unit."""
    network = CompiledWhereItPays(embedding.model, embedding.jit_compile)(len(clouds))
    return np.concatenate([embedding.predict(network, clouds[i:i + 256]) for i in range(0, len(clouds), 256)])


def families(confusion):
    """(classes,) numbers, equal for structures that are confused; (classes, classes), a row a true structure, sum 1."""
    alike = (confusion + confusion.T > ALIKE) & ~np.eye(len(confusion), dtype=bool)
    return connected_components(csr_array(alike), directed=False)[1]


def by_family(found, groups):
    """Index of the likeliest family of each row of probabilities (n, classes)."""
    return np.stack([found[:, groups == group].sum(axis=1) for group in range(groups.max() + 1)], axis=1).argmax(axis=1)


def built(weights):
    """Accuracy on new thermal environments by noise, by structure and by family; families at each noise."""
    embedding = Embedding.from_pretrained("frame_classification", weights=weights, progress=False, jit_compile=True)
    data, names = preset("thermal").data, embedding.card["structures"]
    rows, kinds, single = [], [], {"structure": names}
    for noise in NOISES:
        thermal = dataclasses.replace(data.thermal, noise=(noise, noise), surfaces=0.0, clouds_per_frame=50,
                                      liquid_share=1.0)
        found = thermal_environments(dataclasses.replace(data, thermal=thermal), CLOUDS * len(names),
                                     (SEED, round(1000 * noise)))
        chances, truth = probabilities(embedding, found.clouds), found.labels
        confusion = np.zeros((len(names), len(names)))
        np.add.at(confusion, (truth, chances.argmax(axis=1)), 1)
        confusion /= confusion.sum(axis=1, keepdims=True)
        groups = families(confusion)
        ordered = truth < len(names) - 2
        right, kin = chances.argmax(axis=1) == truth, by_family(chances, groups) == groups[truth]
        rows.append({"noise": noise, "structure": right[ordered].mean(), "family": kin[ordered].mean(),
                     "liquid": right[truth == len(names) - 2].mean(), "gas": right[truth == len(names) - 1].mean(),
                     "families": groups.max() + 1, "clouds": len(truth)})
        kinds += [{"noise": noise, "family": " ".join(np.array(names)[groups == group])}
                  for group in range(groups.max() + 1) if (groups == group).sum() > 1]
        single[f"{noise:.2f}"] = np.diag(confusion)
    return {"built": pd.DataFrame(rows), "families": pd.DataFrame(kinds), "structures": pd.DataFrame(single),
            "five": five(embedding)}


def five(embedding):
    """Five crystals with white noise, as template matching is judged by: single particles and pooled, among six."""
    rows, identify = [], Identifier(embedding, pooled=0)
    for noise in NOISES:
        for name in ("cF4-Cu", "hP2-Mg", "cI2-W", "cP1-Po", "cF8-C"):
            frame = prototypes.build(name, 1500, noise, seed=SEED)
            rows.append({"noise": noise, "crystal": SHORT_NAMES[name]}
                        | named(identify, frame, SHORT_NAMES[name])[0])
    return pd.DataFrame(rows)


def named(identify, frame, truth):
    """(scores, sure, called) of a frame of one structure.

    `identify` names each particle by itself. scores: share named rightly, free among all and among six, single
    particles and pooled with 12 neighbours. sure and called: probability (N,) and name (N,) of the free and pooled
    answer.
    """
    single = identify(frame)
    names, scores = np.array(single.names), {}
    both = {"": single.log_probabilities, "_pooled": pooled(single.log_probabilities, frame)}
    for ending, found in both.items():
        for column, among in (("free", names), ("six", SIX)):
            chosen = [list(names).index(name) for name in among]
            scores[column + ending] = (names[chosen][found[:, chosen].argmax(axis=1)] == truth).mean()
    free = softmax(both["_pooled"], axis=1)
    return scores, free.max(axis=1), names[free.argmax(axis=1)]


def hot(weights, snapshots):
    """Hot crystals and melts: share named rightly, what else the particles are called, calibration."""
    embedding = Embedding.from_pretrained("frame_classification", weights=weights, progress=False, jit_compile=True)
    keys = ["element", "structure", "ratio", "use"]
    identify = Identifier(embedding, pooled=0)
    rows, sure, seen = [], {}, collections.Counter()
    for crystal in load_hot_crystals():
        system = tuple(getattr(crystal, key) for key in keys)
        seen[system] += 1
        if seen[system] > snapshots:
            continue
        scores, probability, called = named(identify, crystal.frame, crystal.structure)
        others = pd.Series(called[called != crystal.structure]).value_counts().head(2) / len(called)
        rows.append(dict(zip(keys, system)) | scores
                    | {"also_called": "; ".join(f"{name} {share:.3f}" for name, share in others.items())})
        sure.setdefault(crystal.use, []).append((probability, called == crystal.structure))
    groups = pd.DataFrame(rows).groupby(keys, sort=False)
    table = groups[["free", "free_pooled", "six", "six_pooled"]].mean().join(groups["also_called"].first())
    errors = [{"use": use, "calibration_error": calibration_error(*map(np.concatenate, zip(*parts)))}
              for use, parts in sorted(sure.items())]
    return {"hot": table.reset_index(), "calibration": pd.DataFrame(errors)}


def calibration_error(probability, right, bins=15):
    """Expected calibration error (Naeini et al., AAAI 2015): mean of |probability - share right| over equal bins."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return sum(abs(probability[place == i].mean() - right[place == i].mean()) * (place == i).mean()
               for i in range(bins) if (place == i).any())


def denoised(weights):
    """Mean distance of the centre to its ideal site, and of bonds to the ideal ones, before and after one answer."""
    shift = Embedding.from_pretrained("shift_identification", weights=weights, progress=False, jit_compile=True)
    noise_free = Embedding.from_pretrained("denoising", weights=weights, progress=False, jit_compile=True)
    rows = []
    for noise in (0.05, 0.10, 0.15):
        data = preset("thermal").data
        thermal = dataclasses.replace(data.thermal, noise=(noise, noise), surfaces=0.0, vacancies=0.0, correlated=0.0,
                                      clouds_per_frame=50, liquid_share=0.0, gas_share=0.0)
        found = thermal_environments(dataclasses.replace(data, thermal=thermal), 50 * 100, (SEED, round(1000 * noise)))
        moved = (found.clouds.bonds - found.ideal).mean(axis=1)
        answer = probabilities(shift, found.clouds) * 2
        bonds = probabilities(noise_free, found.clouds) * 2
        rows.append({"noise": noise, "centre_before": length(moved), "centre_after": length(moved - answer),
                     "bonds_before": length(found.clouds.bonds - found.ideal),
                     "bonds_after": length(bonds - found.ideal)})
    rows.append({"noise": "liquid"} | in_liquid(shift, noise_free))
    return {"denoised": pd.DataFrame(rows)}


def by_noise(weights):
    """Metric of every task by the noise of the crystals, on frames that no training saw, liquid and gas left out."""
    rows = []
    for name in TASKS:
        model, card = load_model(name, weights)
        task, training = describe(card, name)[0], TrainingConfig(jit_compile=False, batch_size=250)
        compile_for(model, task, training)
        for noise in CARD_NOISES:
            data = DataConfig(**card["data"])
            thermal = dataclasses.replace(data.thermal, noise=(noise, noise), liquid_share=0.0, gas_share=0.0,
                                          clouds_per_frame=10)
            stream = ThermalStream(task, dataclasses.replace(data, thermal=thermal), CARD_CLOUDS, training.batch_size,
                                   (SEED, round(1000 * noise), 1), renewed=False)
            found = validate(model, task, stream)[task.metric]
            rows.append({"task": name, "metric": task.metric, "noise": noise, "found": found})
    return {"by_noise": pd.DataFrame(rows)}


def write_cards(table, weights):
    """Write the metrics of `by_noise` into the cards of the weights."""
    for name, rows in table.groupby("task"):
        path = weights_folder(weights) / f"{name}.json"
        found = {f"{noise:.2f}": round(value, 4) for noise, value in zip(rows["noise"], rows["found"])}
        write_json(path, read_json(path) | {"new_frames": {
            "metric": rows["metric"].iloc[0], "clouds": CARD_CLOUDS, "by_noise": found}})


def in_liquid(shift, noise_free):
    """How far the answers move particles of a melt, where no site is ideal."""
    melt = next(crystal.frame for crystal in load_hot_crystals() if crystal.structure == "liquid")
    clouds = point_clouds(melt)
    clouds = clouds.scaled(own_mean_bond(clouds.bonds))
    return {"centre_after": length(probabilities(shift, clouds) * 2),
            "bonds_after": length(probabilities(noise_free, clouds) * 2 - clouds.bonds)}


def length(vectors):
    return np.linalg.norm(vectors, axis=-1).mean()


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("built", "hot", "denoised", "cards"))
    parser.add_argument("--weights", default="thermal", help="a set that ships or a folder (default: thermal)")
    parser.add_argument("--snapshots", type=int, default=1, help="of each hot system (default: 1; up to 5 are there)")
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    arguments = parser.parse_args(argv)
    make = {"built": built, "hot": functools.partial(hot, snapshots=arguments.snapshots), "denoised": denoised,
            "cards": by_noise}
    for name, table in make[arguments.what](arguments.weights).items():
        write_csv(arguments.results / f"{name}.csv", table, "%.4f")
        print(table.to_string(index=False, float_format="{:.4f}".format))
        if name == "by_noise":
            write_cards(table, arguments.weights)


if __name__ == "__main__":
    main()
