"""Clouds per CPU second of the published and the fast attention, beside the floor of their matrix products.

    python benchmarks/attention.py [--batches 4 16 64 256] [--rounds 7] [--output results/benchmarks]

The network is frame classification on the full core (3 blocks, dropout 0.1, 20 bonds), on one thread. Every case
is compiled first; then all cases are run in turn, round after round, in one process, so that a drift of the
machine meets all of them. "floor" is the dense products of the network's MLPs on pairs and nothing else: forwards,
and for training with their two products backwards. Writes attention.csv and embedding.csv and prints both.
"""
import argparse
import functools
import itertools
import os
import pathlib
import time

# Before TensorFlow starts its threads.
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from tqdm import tqdm

from gala_ssl.base.files import written_whole
from gala_ssl.commands.main import script
from gala_ssl.frames import prototypes
from gala_ssl.networks.config import CoreConfig
from gala_ssl.networks.core import build_core
from gala_ssl.order.classical import Steinhardt
from gala_ssl.order.embedding import Embedding
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.tasks.models.build import build_model

BONDS, TASK = 20, "frame_classification"


@script
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, nargs="+", default=[4, 16, 64, 256])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("results/benchmarks"))
    arguments = parser.parse_args(argv)
    attention = attention_table(arguments.batches, arguments.rounds)
    embedding = embedding_table(arguments.rounds)
    for name, table in {"attention": attention, "embedding": embedding}.items():
        print(table.to_string(index=False, float_format="{:.1f}".format), end="\n\n")
        with written_whole(arguments.output / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.2f")


def attention_table(batches, rounds):
    """Return a row a case: clouds per CPU second, the median over rounds and the quartiles."""
    names = ["attention", "compiler", "mode", "batch"]
    cases = dict(tqdm(((case, runner(*case)) for case in itertools.product(
        ("published", "fast"), ("graph", "XLA"), ("training", "inference"), batches)),
        "compiling", total=8 * len(batches), disable=None))
    cases |= {("floor", "XLA", mode, batch): floor(mode, batch) for mode in ("training", "inference")
              for batch in batches}
    rates = {case: [] for case in cases}
    for _ in tqdm(range(rounds), "measuring", disable=None):
        for case, step in cases.items():
            rates[case].append(case[3] * per_second(step, repeats=max(1, 256 // case[3])))
    table = pd.DataFrame([dict(zip(names, case)) | quartiles(rate) for case, rate in rates.items()])
    floors = table[table.attention == "floor"].set_index(["mode", "batch"])["clouds_per_cpu_s"]
    table["part_of_floor"] = [row.clouds_per_cpu_s / floors[row.mode, row.batch] for row in table.itertuples()]
    return table.sort_values(["mode", "batch", "attention", "compiler"])


def runner(attention, compiler, mode, batch):
    """Return a function that does one step of a freshly built model, compiled and run once."""
    keras.utils.set_random_seed(0)
    model = build_model(TASK, build_core(CoreConfig(attention=attention)))
    bonds, types, target = (tf.constant(array) for array in clouds(batch))
    xla = compiler == "XLA"
    if mode == "inference":
        function = tf.function(lambda bonds, types: model([bonds, types], training=False), jit_compile=xla)

        def step():
            return function(bonds, types).numpy()
    else:
        model.compile("adam", "sparse_categorical_crossentropy", jit_compile=xla)
        model.make_train_function()
        batches = iter(tf.data.Dataset.from_tensors(((bonds, types), target)).repeat())

        def step():
            return tf.nest.map_structure(np.asarray, model.train_function(batches))

    step()
    return step


def floor(mode, batch):
    """Return a function that does the dense products of the network on pairs, and no more."""
    config = CoreConfig()
    value, score = [(24, config.hidden), (config.hidden, config.width)], [(config.width, config.hidden)]
    # A block has two value nets, two score nets and a scale net; the head one of each of the first two.
    sizes = config.blocks * (2 * value + 3 * score) + value + score
    rng, rows = np.random.default_rng(0), batch * BONDS**2
    # Each product has arrays of its own, or XLA would compute equal ones once.
    arrays = [[tf.constant(rng.random(shape, np.float32)) for shape in ((rows, m), (m, n), (rows, n))]
              for m, n in sizes]

    @tf.function(jit_compile=True)
    def products():
        results = [x @ kernel for x, kernel, _ in arrays]
        if mode == "training":
            results += [tf.matmul(gradient, kernel, transpose_b=True) for _, kernel, gradient in arrays]
            results += [tf.matmul(x, gradient, transpose_a=True) for x, _, gradient in arrays]
        return results

    def step():
        return products()[-1].numpy()

    step()
    return step


def clouds(batch):
    rng = np.random.default_rng(0)
    bonds = rng.normal(scale=0.7, size=(batch, BONDS, 3)).astype(np.float32)
    types = np.tile(np.array([0, 2], np.float32), (batch, BONDS, 1))
    return bonds, types, rng.integers(50, size=batch)


def per_second(step, repeats):
    start = time.process_time()
    for _ in range(repeats):
        step()
    return repeats / (time.process_time() - start)


def quartiles(rates):
    low, middle, high = np.percentile(rates, [25, 50, 75])
    return {"clouds_per_cpu_s": middle, "quartile_low": low, "quartile_high": high}


def embedding_table(rounds):
    """Return particles per CPU second of a 4096-particle frame, neighbours included, beside a classical baseline."""
    frame = prototypes.build("cP1-Po", noise=0.03)
    featurizers = {"steinhardt": Steinhardt()}
    for attention in ("published", "fast"):
        card = {"task": TASK, "data": {"neighbors": BONDS, "x_scale": DataConfig().x_scale}}
        model = build_model(TASK, build_core(CoreConfig(attention=attention)))
        featurizers[f"{TASK} ({attention})"] = Embedding(model, card, progress=False)
    rates = {name: [] for name in featurizers}
    for featurizer in featurizers.values():
        featurizer(frame)
    for _ in tqdm(range(rounds), "embedding", disable=None):
        for name, featurizer in featurizers.items():
            rates[name].append(len(frame) * per_second(functools.partial(featurizer, frame), 1))
    return pd.DataFrame([{"order_parameter": name} | quartiles(rate) for name, rate in rates.items()]).rename(
        columns={"clouds_per_cpu_s": "particles_per_cpu_s"})


if __name__ == "__main__":
    main()
