"""How Sphinx builds the documentation: `make docs`."""
import argparse
import contextlib
import importlib
import io
import logging
import pathlib
import sys
import textwrap

import matplotlib
from sphinx.util.docutils import SphinxDirective

from gala_ssl.commands.main import commands, main
from gala_ssl.version import __version__

HERE = pathlib.Path(__file__).parent
for name in ("freud", "gsd"):  # which tell of each file that they open
    logging.getLogger(name).setLevel(logging.WARNING)
sys.path.insert(0, str(HERE))  # for the modules beside this one
matplotlib.use("Agg")

project = "gala_ssl"
author = "the gala_ssl developers"
copyright = "2026, the gala_ssl developers"
release = version = __version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax", "sphinx_gallery.gen_gallery"]
html_theme = "furo"
html_title = "gala_ssl"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "show-inheritance": False}
# The bases' own docstrings are their packages' business.
autodoc_inherit_docstrings = False
napoleon_use_rtype = False
html_static_path, html_css_files = ["static"], ["narrow.css"]
# What is written when the documentation is built: the examples as they ran, and pages and pictures of other files.
MADE, EXAMPLES = "made", "made/examples"
exclude_patterns = ["_build", "gallery"]
sphinx_gallery_conf = {
    "examples_dirs": "gallery", "gallery_dirs": EXAMPLES, "filename_pattern": r"\.py$",
    "within_subsection_order": "notebooks.example_order", "ignore_repr_types": "matplotlib|NoneType",
    "write_computation_times": False, "min_reported_time": 10**6,
    "show_signature": False, "download_all_examples": False,
}
# Pictures of what a command draws: the file, and where it is from.
PICTURES = {
    "identify": ("freezing.png", "``--figure``, of ``data/trajectories/cI2-W_trajectory.gsd``"),
    "embed": (f"{MADE}/embed.png", "``--png``, of every fiftieth frame of the same run"),
    "compare": ("../results/table1/density_pair5.png", "``densities.png``, here of the pair of Table 1 that is hardest "
                "to tell apart, with the weights ``paper``"),
    "phases": ("../results/phases/phases.png", "``phases.png``, of the same run"),
    "attention": ("attention.png", "``particle.png``, of particle 21 of ``data/trajectories/cI2-W_solid.gsd``, "
                  "with the weights ``paper``"),
    "pretrain": ("../results/pretraining/learning_curves.png", "Histories of six trainings, drawn by "
                 "``experiments/summarize_pretraining.py``"),
    "transfer": ("../results/transfer/figure4.png", "A grid, drawn by ``experiments/transfer_grid.py``"),
    "simulate": ("../results/trajectories/cI2-W.png",
                 "The run of ``cI2-W``, drawn by ``experiments/select_snapshots.py``"),
}


def help_of(name, command):
    """The text of `gala-ssl NAME --help`, made by the command's own parser."""
    parser = argparse.ArgumentParser(
        prog=f"gala-ssl {name}", description=command.__doc__.strip(),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=26, width=110))
    command.configure(parser)
    return parser.format_help()


class CommandHelp(SphinxDirective):
    """A section for each command of gala-ssl, with its help."""

    def run(self):
        text = ""
        for name, command in commands().items():
            shown = textwrap.indent(help_of(name, command), "   ")
            text += f"{name}\n{'-' * len(name)}\n\n.. code-block:: text\n\n{shown}\n\n"
            if name in PICTURES:
                path, caption = PICTURES[name]
                text += f".. figure:: {path}\n   :alt: What gala-ssl {name} makes.\n\n   {caption}.\n\n"
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class WrittenBy(SphinxDirective):
    """The reStructuredText that a function in docs/ returns, `module.function`."""

    required_arguments = 1

    def run(self):
        module, function = self.arguments[0].split(".")
        text = getattr(importlib.import_module(module), function)()
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def make_pages(app):
    """Write the pages of the notebooks, and the pictures that are made from data that ship."""
    from measured import draw

    from notebooks import write_pages

    made = HERE / MADE
    write_pages(made / "notebooks")
    draw(made / "benchmarks.png")
    if not (made / "embed.png").exists():  # some seconds
        run = HERE.parent / "data/trajectories/cI2-W_trajectory.gsd"
        with contextlib.redirect_stdout(io.StringIO()):
            main(["embed", str(run), "--frames", "0::50", "-o", str(made / "embed.npz"), "--quiet",
                  "--png", str(made / "embed.png")])
        (made / "embed.npz").unlink()


def setup(app):
    app.add_directive("command-help", CommandHelp)
    app.add_directive("written-by", WrittenBy)
    app.connect("builder-inited", make_pages, priority=100)
