"""How Sphinx builds the documentation: `make docs`."""
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
