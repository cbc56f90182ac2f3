"""Train the classifier of the thermal frame classification again, on clouds of many more frames.

    python experiments/refine_classifier.py --output runs/refined/weights

A training of the network sees few frames an epoch, learns some of them by heart, and has its own shares of the classes.
Here all before the classifier stays as it is: the 32 numbers that it gets of each of PARTS x CLOUDS new clouds, about
40 a frame, all classes alike, are computed once and kept in runs/refined/, and the classifier is trained on them, which
takes minutes. Validation is on another noise realisation. `--liquid-share` sets how often "liquid" counts as expected
beside one structure, by its logit; experiments/thermal_results.py says on the elements "tune" which share is right.
"""
import argparse
import dataclasses
import pathlib

import keras
import numpy as np

from gala_ssl.base.files import write_json, written_whole
from gala_ssl.commands.main import script
from gala_ssl.networks.compiled import CompiledWhereItPays
from gala_ssl.order.names import LIQUID
from gala_ssl.tasks.data.config import DataConfig, ThermalConfig
from gala_ssl.tasks.data.thermal import thermal_environments
from gala_ssl.tasks.models.build import seeded
from gala_ssl.tasks.models.pretrained import load_model, save_pretrained

PARTS, CLOUDS = 4, 52 * 600
# Validation is part 0; the seed sets these realisations apart from those of every training.
SEED = 2027
EPOCHS, BATCH, RATE = 20, 512, 2e-3


def thermal_data(card):
    """The DataConfig of a card with the thermal environments of this version: few clouds a frame, equal shares."""
    data = DataConfig(**card["data"])
    return dataclasses.replace(data, thermal=ThermalConfig(length_scale=data.thermal.length_scale))


def part(summarize, data, number, folder, clouds=CLOUDS):
    """(summaries (n, 32), labels (n,)) of one part of the clouds, computed once and kept in `folder`."""
    path = folder / f"part-{number}.npz"
    if not path.exists():
        found = thermal_environments(data, clouds, (SEED, number))
        summaries = summarize(found.clouds.bonds / np.float32(data.x_scale), found.clouds.types)
        with written_whole(path) as aside, open(aside, "wb") as file:
            np.savez(file, summaries=summaries, labels=found.labels)
    with np.load(path) as kept:
        return kept["summaries"], kept["labels"]


def summarizer(model):
    """A function of bonds and types: what the head makes of a cloud before the classifier, (n, 32)."""
    network = CompiledWhereItPays(keras.Model(model.inputs, model.get_layer("reduction").output), True)

    def summarize(bonds, types):
        types = np.ascontiguousarray(types)
        return network(len(bonds)).predict([bonds, types], batch_size=256, verbose=0)

    return summarize


def refit(model, training, validation, seed):
    """Train the model's classifier, the layers after its reduction, in place; return loss and accuracy, before, after.

    Args:
        model: keras.Model of frame classification. training, validation: (summaries (n, 32), labels (n,)).
        seed: of the order of the clouds.
    """
    inputs = keras.Input(training[0].shape[1:])
    classifier = keras.Model(inputs, model.get_layer("prediction")(model.get_layer("classifier")(inputs)))
    steps = EPOCHS * (len(training[0]) // BATCH)
    warm_up = steps // 20
    rate = keras.optimizers.schedules.CosineDecay(0.0, steps - warm_up, warmup_target=RATE, warmup_steps=warm_up)
    classifier.compile(optimizer=keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy",
                       metrics=["accuracy"], jit_compile=False)
    before = classifier.evaluate(*validation, batch_size=4096, verbose=0)
    with seeded(seed):
        classifier.fit(*training, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    after = classifier.evaluate(*validation, batch_size=4096, verbose=0)
    return {"val_loss_before": before[0], "val_accuracy_before": before[1],
            "val_loss": after[0], "val_accuracy": after[1]}


def expect(model, name, share, names):
    """Count a class as `share` times as frequent as before, by the bias of its logit."""
    bias = model.get_layer("classifier").layers[-1].bias
    values = keras.ops.convert_to_numpy(bias).copy()
    values[list(names).index(name)] += np.log(share)
    bias.assign(values)


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="thermal", help="a set that ships or a folder (default: thermal)")
    parser.add_argument("--features", type=pathlib.Path, default=pathlib.Path("runs/refined"))
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--liquid-share", type=float, default=1.0)
    arguments = parser.parse_args(argv)
    model, card = load_model("frame_classification", arguments.weights)
    data, names = thermal_data(card), card["structures"]
    arguments.features.mkdir(parents=True, exist_ok=True)
    summarize = summarizer(model)
    validation, *training = (part(summarize, data, number, arguments.features) for number in range(1 + PARTS))
    found = refit(model, [np.concatenate(arrays) for arrays in zip(*training)], validation, SEED)
    expect(model, LIQUID, arguments.liquid_share, names)
    card["refined"] = {
        **{name: round(float(value), 5) for name, value in found.items()}, "layers": "classifier",
        "clouds": PARTS * CLOUDS, "seed": SEED, "thermal": dataclasses.asdict(data.thermal),
        "liquid_share": arguments.liquid_share}
    save_pretrained(model, card, arguments.output)
    write_json(arguments.output / "refined.json", card["refined"])
    print(card["refined"])


if __name__ == "__main__":
    main()
