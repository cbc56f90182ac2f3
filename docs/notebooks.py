"""Pages of the notebooks, with the output that they store: `make notebooks` runs them, `make docs` does not.

Markdown in them is headings, paragraphs and `code`; output is a picture, or text.
"""
import base64
import html
import pathlib
import re
import textwrap

import nbformat

HERE = pathlib.Path(__file__).parent


def example_order(source):
    """Place of an example in the gallery, for sphinx-gallery: what a new user wants comes first."""
    order = ("own_trajectory", "own_structure", "phases", "table1", "scikit_learn", "ovito_pipeline", "train")
    name = pathlib.Path(source).stem
    return order.index(name) if name in order else len(order)


def write_pages(folder):
    """Write a page for each notebook, and index.rst with the first picture of each, into a folder of docs."""
    folder.mkdir(parents=True, exist_ok=True)
    cards = []
    paths = (HERE.parent / "notebooks").glob("*.ipynb")
    for path in sorted(paths, key=lambda path: (path.stem != "quickstart", path.stem)):
        cells = nbformat.read(path, as_version=4).cells
        pictures = []
        text = "\n".join(page_part(cell, folder, f"{path.stem}_", pictures) for cell in cells)
        title = cells[0].source.split("\n")[0].removeprefix("# ")
        written(folder / f"{path.stem}.rst", f"{text}\n\nThis is ``notebooks/{path.name}`` in the repository.\n")
        cards.append(thumbnail(path.stem, title, pictures))
    written(folder / "index.rst", INDEX.format(cards="\n".join(cards)))


INDEX = """
Notebooks
=========

The paper's figures, and a first look at a trajectory. Their output is the one stored in the files of ``notebooks``.

.. raw:: html

    <div class="sphx-glr-thumbnails">

{cards}

.. raw:: html

    </div>

.. toctree::
   :hidden:
   :glob:

   *
"""
# As sphinx-gallery draws its own.
CARD = """
.. raw:: html

    <div class="sphx-glr-thumbcontainer">

.. only:: html

  .. image:: /{folder}/{picture}
    :alt:

  :doc:`/{folder}/{name}`

.. raw:: html

      <div class="sphx-glr-thumbnail-title">{title}</div>
    </div>
"""


def thumbnail(name, title, pictures):
    """The small picture of a notebook that leads to its page, in reStructuredText."""
    return CARD.format(folder="made/notebooks", picture=pictures[0], name=name, title=html.escape(title))


def page_part(cell, folder, prefix, pictures):
    """A cell and its output in reStructuredText; its pictures are written into the folder and their names added."""
    if cell.cell_type == "markdown":
        return paragraphs(cell.source)
    lines = [line for line in cell.source.split("\n") if not line.startswith("%")]
    parts = [".. code-block:: python\n\n" + textwrap.indent("\n".join(lines), "   ")]
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            pictures.append(f"{prefix}{len(pictures)}.png")
            (folder / pictures[-1]).write_bytes(base64.b64decode(data["image/png"]))
            parts.append(f".. image:: {pictures[-1]}\n   :alt: What the code above draws.\n"
                         "   :class: sphx-glr-single-img")
        elif shown := output.get("text") or data.get("text/plain"):
            parts.append(".. code-block:: none\n   :class: sphx-glr-script-out\n\n"
                         + textwrap.indent(shown.rstrip(), "   "))
    return "\n\n".join(parts) + "\n"


def paragraphs(markdown):
    """Headings, paragraphs and `code` of Markdown in reStructuredText."""
    text = re.sub(r"(?<!`)`([^`\n]+)`(?!`)", r"``\1``", markdown)
    return re.sub(r"^(#+) (.+)$", lambda found: f"{found[2]}\n{'=-~'[len(found[1]) - 1] * len(found[2])}", text,
                  flags=re.MULTILINE) + "\n"


def written(path, text):
    """Write a file where it has another text, so that Sphinx reads again only what changed."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
