"""How Sphinx builds the documentation: `make docs`."""
import argparse
import textwrap

from sphinx.util.docutils import SphinxDirective

from gala_ssl.commands.main import commands
from gala_ssl.version import __version__

project = "gala_ssl"
author = "the gala_ssl developers"
copyright = "2026, the gala_ssl developers"
release = version = __version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
html_theme = "furo"
html_title = "gala_ssl"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "show-inheritance": False}
# The bases' own docstrings are their packages' business.
autodoc_inherit_docstrings = False
napoleon_use_rtype = False
exclude_patterns = ["_build"]


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
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app):
    app.add_directive("command-help", CommandHelp)
