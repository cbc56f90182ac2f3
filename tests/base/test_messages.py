"""Sentences of errors, each once: elsewhere tests look at an error's fields, so that one is reworded here alone."""
import pathlib

import numpy as np
import pytest

from gala_ssl.base.errors import InputError, check_choice
from gala_ssl.base.files import check_file, check_folder
from gala_ssl.clouds.neighborhoods import point_clouds
from gala_ssl.clouds.rules import RULES, Cutoff, Nearest, check_rule, rule_named
from gala_ssl.commands.options import chosen
from gala_ssl.frames.frame import Frame
from gala_ssl.frames.reading import _chosen
from gala_ssl.networks.config import CoreConfig
from gala_ssl.order.phases import PhaseConfig
from gala_ssl.tasks.data.config import DataConfig
from gala_ssl.training.presets import TrainingConfig

GIVEN = {"positions": np.eye(3), "box": [9, 9, 9, 0, 0, 0], "source": "run.gsd, frame 3"}
FRAME = Frame(**GIVEN)


def framed(**changes):
    return Frame(**GIVEN | changes)


MESSAGES = [
    (lambda: check_choice("task", "denosing", ["denoising", "autoencoder"]),
     "There is no task 'denosing'; did you mean 'denoising'? Choose from denoising, autoencoder."),
    (lambda: check_choice("preset", "laptop", ["paper", "desktop"]),
     "There is no preset 'laptop'; choose from paper, desktop."),
    (lambda: DataConfig(structures="cF4-Cu"),
     "structures is 'cF4-Cu'; give a list of values."),
    (lambda: DataConfig(structures=(1,)),
     "structures is (1,); give names of prototypes, or files."),
    (lambda: DataConfig(neighbors=1),
     "neighbors is 1; a point cloud needs at least 2 bonds, a whole number, at most 512."),
    (lambda: DataConfig(min_particles=0),
     "min_particles is 0; it must be a positive integer."),
    (lambda: DataConfig(noises=()),
     "noises is empty; give at least one standard deviation."),
    (lambda: DataConfig(noises=(0.01, -0.1)),
     "noises is (0.01, -0.1); a standard deviation is finite and not negative."),
    (lambda: DataConfig(x_scale="2"),
     "x_scale is '2'; it must lie from 1e-6 to 1e6."),
    (lambda: DataConfig(static_fraction=0),
     "static_fraction is 0; it must lie above 0 and at most at 1."),
    (lambda: DataConfig(validation_fraction=1),
     "validation_fraction is 1; nothing would be left to train on."),
    (lambda: DataConfig(seed=-1),
     "seed is -1; it must be an integer from 0 to 2^32 - 1."),
    (lambda: CoreConfig(width=0),
     "width is 0; it must be a positive integer, at most 1024."),
    (lambda: CoreConfig(dropout=1.0),
     "dropout is 1.0; a rate lies from 0 to below 1."),
    (lambda: CoreConfig(join="sum"),
     "join is 'sum'; it must be 'concat' or 'mean'."),
    (lambda: CoreConfig(multivector_norm="layer"),
     "multivector_norm is 'layer'; it must be 'momentum' or 'none'."),
    (lambda: CoreConfig(normalized_products=1),
     "normalized_products is 1; it must be true or false."),
    (lambda: CoreConfig(invariant_epsilon=0),
     "invariant_epsilon is 0; it must be positive and finite."),
    (lambda: CoreConfig(vector_inputs="both"),
     "vector_inputs is 'both'; it must be 'bonds' or 'multivectors'."),
    (lambda: CoreConfig(attention="quick"),
     "attention is 'quick'; it must be 'published' or 'fast'."),
    (lambda: TrainingConfig(static_patience=(1,)),
     "static_patience is (1,); give two positive integers: halve after, stop after."),
    (lambda: TrainingConfig(batch_size=0),
     "batch_size is 0; it must be a positive integer."),
    (lambda: TrainingConfig(jit_compile=1),
     "jit_compile is 1; it must be true or false."),
    (lambda: TrainingConfig(learning_rate=0.0),
     "learning_rate is 0.0; it must be positive and finite."),
    (lambda: PhaseConfig(every=1),
     "every is 1; the frames asked about come just after those trained on, so it must be a whole number, 2 or "
     "more."),
    (lambda: PhaseConfig(fraction=1.5),
     "fraction is 1.5; it must lie above 0 and at most at 1."),
    (lambda: PhaseConfig().training_frames(9, 3),
     "3 phases are told apart in 10 frames or more, not 9; give a longer trajectory, or train on more of its "
     "frames (every, --every)."),
    (lambda: rule_named("farthest"),
     f"There is no rule for neighbours 'farthest'; did you mean 'nearest'? Choose from {', '.join(RULES)}."),
    (lambda: Nearest(0),
     "A point cloud needs a whole number of neighbours, at least 1, not 0."),
    (lambda: rule_named("cutoff"),
     "Neighbours within a cutoff need r_max, a positive length, not None; on the command line, give --r-max."),
    (lambda: rule_named("nearest", 20, r_max=2.0),
     "r_max is of neighbours by 'cutoff'; by 'nearest' leave it out."),
    (lambda: check_rule(20),
     "Neighbours are chosen by a rule such as gala_ssl.Nearest(20), not by 20."),
    (lambda: point_clouds(FRAME, Cutoff(4.6)),
     "The cutoff 4.6 is too large for the box of run.gsd, frame 3: from half the box (4.5) on a particle meets "
     "images; lower it, or take frame.replicated(2, 2, 2) if you mean it."),
    (lambda: point_clouds(framed(positions=np.ones((3, 3))), Nearest(2)),
     "Particles 0 and 1 of run.gsd, frame 3 are at the same place; remove one."),
    (lambda: framed(positions=np.zeros((4, 2)), types=np.zeros(4)),
     "A frame needs positions of shape (N, 3) and types of shape (N,), but run.gsd, frame 3 has (4, 2) and (4,)."),
    (lambda: framed(positions=np.zeros((0, 3))),
     "There are no particles in run.gsd, frame 3; give a frame that has some."),
    (lambda: framed(positions=np.full((3, 3), np.nan)),
     "In run.gsd, frame 3 the positions of 3 particles are NaN or infinite, the first of them particle 0; give a "
     "frame from before the run blew up."),
    (lambda: framed(box=[0, 9, 9, 0, 0, 0]),
     "The box of run.gsd, frame 3 is [0.0, 9.0, 9.0, 0.0, 0.0, 0.0], but it needs Lx, Ly, Lz, xy, xz, yz with "
     "three lengths above zero; two-dimensional frames are not supported."),
    (lambda: framed(box=[1e13, 9, 9, 0, 0, 0]),
     "The box of run.gsd, frame 3 is [10000000000000.0, 9.0, 9.0, 0.0, 0.0, 0.0], which is beyond single "
     "precision; give lengths between 1e-12 and 1e+12, and tilt factors up to 10000."),
    (lambda: framed(types=[0, 1, 0]),
     "The types of run.gsd, frame 3 run from 0 to 1, but it names 1 types."),
    (lambda: FRAME.replicated(0, 1, 1),
     "run.gsd, frame 3 can be repeated a whole number of times along each box vector, at least once, not 0 x 1 x 1"
     " times."),
    (lambda: check_file(pathlib.Path("/tmp")),
     "/tmp is a folder; give a file in it."),
    (lambda: check_file(pathlib.Path("/dev/null")),
     "/dev/null is no ordinary file; copy what it holds into one."),
    (lambda: check_folder("/dev/null/runs"),
     "/dev/null is a file; give a folder to write into in place of /dev/null/runs."),
    (lambda: _chosen(0, 0, "run.gsd"),
     "There are no frames in run.gsd; give a file that has some."),
    (lambda: _chosen(0.5, 3, "run.gsd"),
     "Frames of run.gsd are chosen by a slice or by whole numbers, not by 0.5."),
    (lambda: _chosen(3, 3, "run.gsd"),
     "run.gsd has 3 frames, so there is no frame 3; choose from 0 to 2."),
    (lambda: chosen("1:x"),
     "--frames 1:x is no choice of frames; give a number, numbers with commas between, or a slice such as 0::10."),
]


@pytest.mark.parametrize(("call", "sentence"), MESSAGES)
def test_the_sentence_of_an_error(call, sentence):
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == sentence


def test_an_error_has_fields_and_survives_a_pickle():
    import pickle
    error = pickle.loads(pickle.dumps(InputError("No.", path=pathlib.Path("a.gsd"), option="k", value=0)))
    assert (str(error), error.path, error.frame, error.option, error.value) == ("No.", "a.gsd", None, "k", 0)
