"""Training tasks from scratch on the prototypes: the experiment behind the shipped weights."""
import dataclasses
import functools
import os
import pathlib
from collections.abc import Iterator, Sequence

import keras

from gala_ssl.base.errors import check_choice
from gala_ssl.base.files import check_folder, write_json, written_whole
from gala_ssl.base.provenance import versions
from gala_ssl.base.randomness import rng
from gala_ssl.base.runs import CONFIG, finished, run_lock
from gala_ssl.networks.core import build_core
from gala_ssl.networks.parts import check_attention
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.tasks.data.environments import prototype_environments, split
from gala_ssl.tasks.data.streams import Stream
from gala_ssl.tasks.data.thermal import ThermalStream
from gala_ssl.tasks.models.build import build_model, seeded
from gala_ssl.tasks.models.pretrained import save_pretrained
from gala_ssl.tasks.models.sets import weights_file
from gala_ssl.training.fit import fit_alone
from gala_ssl.training.presets import Preset
from gala_ssl.training.presets import preset as get_preset

_TRAINING, _VALIDATION = 0, 1


def pretrain(tasks: Sequence[str], preset: str | Preset = "desktop", directory: str | os.PathLike = "runs/pretraining",
             output: str | os.PathLike | None = None, seeds: Sequence[int] | None = None, attention: str | None = None,
             progress: bool = True, engine: str = "keras", workers: int | None = None) -> Iterator[dict]:
    """Train each task in `directory/<preset>/<task>` and yield its card as it is done.

    A finished run is not trained again, a killed one goes on where it was.

    Args:
        tasks: names of tasks.
        preset: name of a preset, or a Preset.
        directory: under which the run directories are.
        output: a directory that gets weights and card of each task as well, of the first seed; None for none.
        seeds: of everything, instead of the preset's, one training each; those of other seeds than the first are in
            `directory/<preset>/<task>-<seed>`.
        attention: "fast" or "published", in place of the preset's.
        progress: show bars (on a terminal only).
        engine: "keras"; "kernel": the compiled kernel, for processors, see `gala_ssl.training.lessons`; or "scan":
            whole epochs in one program and all seeds at once, for an accelerator, see `gala_ssl.training.scan`.
        workers: processes that make questions for "scan".
    """
    preset = _checked(tasks, preset, attention, engine, (directory, output))
    seeds = [preset.training.seed] if seeds is None else list(dict.fromkeys(seeds))
    presets = [dataclasses.replace(preset, data=dataclasses.replace(preset.data, seed=seed),
                                   training=dataclasses.replace(preset.training, seed=seed)) for seed in seeds]
    for task in tasks:
        runs = [pathlib.Path(directory) / preset.name / (f"{task}-{seed}" if i else task)
                for i, seed in enumerate(seeds)]
        cards = train_each(task, presets, runs, engine, workers, progress)
        if output is not None:
            _copy(runs[0], task, cards[0], output)
        yield from cards


def train(task: str, *, run_dir: str | os.PathLike, preset: str | Preset = "desktop", engine: str = "keras",
          progress: bool = True) -> dict:
    """Train one task in a run directory; a finished run is not trained again, a killed one goes on where it was.

    The directory then is a folder of weights: `Embedding.from_pretrained(task, weights=run_dir)`.

    Args:
        task, preset, engine, progress: as of `pretrain`. run_dir: of this training alone.

    Returns:
        dict: the card of the weights: settings, best metrics, epochs, seconds, versions.

    Raises:
        InputError: an unknown task, preset or engine, or a directory that holds a run with other settings.
    """
    return train_each(task, [_checked([task], preset, None, engine, [run_dir])], [pathlib.Path(run_dir)], engine,
                      progress=progress)[0]


def _checked(tasks, preset, attention, engine, folders) -> Preset:
    """The Preset that is asked for, after what is wrong with the arguments is said."""
    check_choice("engine", engine, ("keras", "kernel", "scan"))
    for task in tasks:
        get_task(task)  # a wrong name should be known before the first training, not after it
    for folder in folders:
        if folder is not None:
            check_folder(folder)
    preset = get_preset(preset) if isinstance(preset, str) else preset
    if attention is not None:
        preset = dataclasses.replace(preset, core=dataclasses.replace(preset.core, attention=attention))
    check_attention(preset.core.attention)
    return preset


def train_each(task, presets, runs, engine="keras", workers=None, progress=True):
    """Train one task by each Preset in the run directory of the same place, and return the cards.

    By "scan" the networks, batches and schedules must be of one shape. Other arguments are those of `pretrain`.
    """
    cards = [finished(run, _settings(task, preset), f"{task}.json") for run, preset in zip(runs, presets)]
    if None not in cards:
        return cards
    environments = functools.cache(lambda data: None if data.thermal else prototype_environments(data, progress))
    if engine == "scan":
        return _train_together(task, presets, environments, runs, progress, workers)
    return _train_in_turn(task, presets, environments, runs, progress, engine)


def streams(task, environments, data, training, fraction=1.0):
    """Return (training, validation) streams of a task by the paper's rules for static and dynamic ones.

    Args:
        task: Task. environments: Environments. data: DataConfig. training: TrainingConfig.
        fraction: part of the training environments to use, of those the task would have. The part is chosen by
            the seed of `training`, and a smaller one lies within a larger; what is validated on stays the same.
    """
    if data.thermal:
        clouds = training.dynamic_training, training.dynamic_validation
        return tuple(ThermalStream(task, data, clouds[side], training.batch_size, (training.seed, side),
                                   renewed=side == _TRAINING) for side in (_TRAINING, _VALIDATION))
    static = task.stream == "static" and training.schedule == "plateau"
    sides = list(split(len(environments), data, data.static_fraction if static else 1.0))
    if fraction < 1:
        order = rng(training.seed, "fraction of clouds").permutation(len(sides[_TRAINING]))
        sides[_TRAINING] = sides[_TRAINING][order[:max(1, round(fraction * len(order)))]]
    clouds = (None, None) if static else (training.dynamic_training, training.dynamic_validation)
    return tuple(
        Stream(task, environments, indices, training.batch_size, clouds[side], data.x_scale,
               (training.seed, side), shuffle=side == _TRAINING)
        for side, indices in zip((_TRAINING, _VALIDATION), sides, strict=True))


def _train_in_turn(name, presets, environments, runs, progress, engine):
    """Train one task in its run directories, one after the other, and return the cards."""
    cards = []
    for preset, run in zip(presets, runs):
        with run_lock(run):  # and look again, because another process may have ended a run meanwhile
            card = finished(run, _settings(name, preset), f"{name}.json")
            if card is None:
                model, task, sides = _begin(name, preset, environments(preset.data), run)
                history = fit_alone(model, task, *sides, preset.training, run, progress, engine)
                card = _end(model, preset, sides, history, run)
        cards.append(card)
    return cards


def _train_together(name, presets, environments, runs, progress, workers):
    """Train one task in its run directories, all at once, and return the cards."""
    from gala_ssl.training.scan import check_engine, fit_scan

    check_engine()
    with keras.device("cpu:0"):  # what happens outside the programs is many small steps
        begun = [_begin(name, preset, environments(preset.data), run) for preset, run in zip(presets, runs)]
        models, tasks, sides = zip(*begun)
        histories = fit_scan(models, tasks[0], *zip(*sides), [preset.training for preset in presets], runs, workers,
                             progress)
    return [_end(model, preset, side, history, run)
            for model, preset, side, history, run in zip(models, presets, sides, histories, runs)]


def _begin(name, preset, environments, run):
    """Write what a run is defined by, and return its model, its task and its two streams."""
    settings = _settings(name, preset)
    write_json(run / CONFIG, settings)
    task = TASKS[name](**settings["task_settings"])
    with seeded(preset.training.seed):
        model = build_model(task, build_core(core_config(task, preset)))
    return model, task, streams(task, environments, preset.data, preset.training)


def _end(model, preset, sides, history, run):
    """Save weights and card of a training that has ended, and return the card."""
    best = history.loc[history["val_loss"].idxmin()]
    training, validation = sides
    found = validation.environments_of(0)
    card = {
        **_settings(model.name, preset),
        "best": {key: float(value) for key, value in best.items()},
        "epochs": len(history),
        "seconds": float(history["seconds"].sum()),
        "clouds": {"training": len(training.indices), "validation": len(validation.indices)},
        "structures": list(found.names),
        "mean_bond": float(found.clouds.mean_bonds.mean()),
        "versions": {**versions(), "backend": keras.backend.backend()},
    }
    return save_pretrained(model, card, run)


def _settings(name, preset):
    """What a run is defined by, as plain values."""
    task = get_task(name)
    return {"task": name, "task_settings": task.settings(preset.data),
            "preset": preset.name, "data": dataclasses.asdict(preset.data),
            "core": dataclasses.asdict(core_config(task, preset)), "training": dataclasses.asdict(preset.training)}


def core_config(task, preset):
    """Return the preset's CoreConfig with its dropout, or with the one that the task is trained with by default."""
    return dataclasses.replace(preset.core, dropout=task.dropout if preset.dropout is None else preset.dropout)


def _copy(run, task, card, output):
    weights = weights_file(run, task)
    with written_whole(pathlib.Path(output) / weights.name) as temporary:
        temporary.write_bytes(weights.read_bytes())
    write_json(pathlib.Path(output) / f"{task}.json", card)
