"""Training tasks from scratch on the prototypes: the experiment behind the shipped weights."""
import dataclasses
import functools
import pathlib

import keras

from gala_ssl.config import preset as get_preset
from gala_ssl.data.environments import prototype_environments, split
from gala_ssl.data.streams import Stream
from gala_ssl.files import check_folder, write_json, written_whole
from gala_ssl.models.build import build_model, seeded
from gala_ssl.models.core import build_core
from gala_ssl.models.parts import check_attention
from gala_ssl.models.pretrained import save_pretrained
from gala_ssl.provenance import versions
from gala_ssl.randomness import rng
from gala_ssl.runs import CONFIG, alone_in, finished
from gala_ssl.tasks import TASKS, get_task
from gala_ssl.training import fit_alone

_TRAINING, _VALIDATION = 0, 1


def pretrain(tasks, preset="desktop", directory="runs/pretraining", output=None, seed=None, attention=None,
             progress=True):
    """Train each task in `directory/<preset>/<task>` and yield its card as it is done.

    A finished run is not trained again, a killed one goes on where it was.

    Args:
        tasks: names of tasks.
        preset: name of a preset, or a Preset.
        directory: under which the run directories are.
        output: a directory that gets weights and card of each task as well; None for none.
        seed: of everything, in place of the preset's.
        attention: "fast" or "published", in place of the preset's.
        progress: show bars (on a terminal only).
    """
    for task in tasks:
        get_task(task)  # a wrong name should be known before the first training, not after it
    for folder in (directory, output):
        if folder is not None:
            check_folder(folder)
    preset = get_preset(preset) if isinstance(preset, str) else preset
    if seed is not None:
        preset = dataclasses.replace(preset, data=dataclasses.replace(preset.data, seed=seed),
                                     training=dataclasses.replace(preset.training, seed=seed))
    if attention is not None:
        preset = dataclasses.replace(preset, core=dataclasses.replace(preset.core, attention=attention))
    check_attention(preset.core.attention)
    environments = functools.cache(lambda: prototype_environments(preset.data, progress))
    for task in tasks:
        run = pathlib.Path(directory) / preset.name / task
        settings = _settings(task, preset)
        card = finished(run, settings, f"{task}.json")
        if card is None:
            with alone_in(run):  # and look again, because another process may have ended a run meanwhile
                card = finished(run, settings, f"{task}.json") or _train(task, preset, environments(), run, progress)
        if output is not None:
            _copy(run, task, card, output)
        yield card


def streams(task, environments, data, training, fraction=1.0):
    """Return (training, validation) streams of a task by the paper's rules for static and dynamic ones.

    Args:
        task: Task. environments: Environments. data: DataConfig. training: TrainingConfig.
        fraction: part of the training environments to use, of those the task would have. The part is chosen by
            the seed of `training`, and a smaller one lies within a larger; what is validated on stays the same.
    """
    static = task.stream == "static"
    sides = list(split(len(environments), data, data.static_fraction if static else 1.0))
    if fraction < 1:
        order = rng(training.seed, "fraction of clouds").permutation(len(sides[_TRAINING]))
        sides[_TRAINING] = sides[_TRAINING][order[:max(1, round(fraction * len(order)))]]
    clouds = (None, None) if static else (training.dynamic_training, training.dynamic_validation)
    return tuple(
        Stream(task, environments, indices, training.batch_size, clouds[side], data.x_scale,
               (training.seed, side), shuffle=side == _TRAINING)
        for side, indices in zip((_TRAINING, _VALIDATION), sides, strict=True))


def _train(name, preset, environments, run, progress):
    """Train one task in its run directory, for who is alone in it, and return its card."""
    settings = _settings(name, preset)
    write_json(run / CONFIG, settings)
    task = TASKS[name](**settings["task_settings"])
    training, validation = streams(task, environments, preset.data, preset.training)
    with seeded(preset.training.seed):
        model = build_model(task, build_core(core_config(task, preset)))
    history = fit_alone(model, task, training, validation, preset.training, run, progress)
    best = history.loc[history["val_loss"].idxmin()]
    card = {
        **settings,
        "best": {key: float(value) for key, value in best.items()},
        "epochs": len(history),
        "seconds": float(history["seconds"].sum()),
        "clouds": {"training": len(training.indices), "validation": len(validation.indices)},
        "structures": list(environments.names),
        "mean_bond": float(environments.clouds.mean_bonds.mean()),
        "versions": {**versions(), "backend": keras.backend.backend()},
    }
    save_pretrained(model, card, run)
    return card


def _settings(name, preset):
    """What a run is defined by, as plain values."""
    task = get_task(name)
    return {"task": name, "task_settings": task.settings(preset.data),
            "preset": preset.name, "data": dataclasses.asdict(preset.data),
            "core": dataclasses.asdict(core_config(task, preset)), "training": dataclasses.asdict(preset.training)}


def core_config(task, preset):
    """Return the preset's CoreConfig with the dropout that the task is trained with."""
    return dataclasses.replace(preset.core, dropout=task.dropout)


def _copy(run, task, card, output):
    weights = run / f"{task}.keras"
    with written_whole(pathlib.Path(output) / weights.name) as temporary:
        temporary.write_bytes(weights.read_bytes())
    write_json(pathlib.Path(output) / f"{task}.json", card)
