"""A .keras file as the zip archive it is: made small, and looked into before anything of it is believed."""
import io
import json
import re
import zipfile

import h5py

from gala_ssl.base.errors import InputError

# What Keras writes into a .keras file, and more bytes than any network here has.
_MEMBERS, _LARGEST = {"metadata.json", "config.json", "model.weights.h5"}, 2**32


def compress(path):
    """Write a .keras file anew with compression; Keras stores it plain."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def check_archive(path):
    """InputError if a .keras file holds more than a network of layers that are Keras's or this package's own.

    `load_model` reads nothing but numbers of it and runs no code, whatever it holds. But a file that names other
    classes, functions or files was made to do harm where `keras.saving.load_model` opens it.
    """
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
        wrong = set(archive.namelist()) - _MEMBERS
        if not wrong and size <= _LARGEST:
            wrong = _foreign(json.loads(archive.read("config.json")))
            wrong |= _elsewhere(archive.read("model.weights.h5"))
    if wrong or size > _LARGEST:
        what = f"holds {', '.join(sorted(wrong)[:3])}" if wrong else f"unpacks to {size / 2**30:.0f} GiB"
        fields = {"option": "members", "value": sorted(wrong)} if wrong else {"option": "size", "value": size}
        raise InputError(f"The weights in {path} are not to be trusted: the file {what}, as no network of gala_ssl "
                         f"does; train them, or get them from where they were made.", path=path, **fields)


def _elsewhere(content):
    """What of a file of weights is a link, or numbers that are in another file of the machine that reads it."""
    found = set()

    def look_at_link(name, link):
        if not isinstance(link, h5py.HardLink):
            found.add(f"the {type(link).__name__} {name}")

    def look_at_item(name, item):
        if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
            found.add(f"the numbers of another file as {name}")

    with h5py.File(io.BytesIO(content)) as file:
        file.visititems_links(look_at_link)
        file.visititems(look_at_item)
    return found


def _foreign(config):
    """What a model's config names that is no layer of Keras or of this package."""
    found, parts = set(), [config]
    while parts:
        part = parts.pop()
        if isinstance(part, dict) and "class_name" in part:
            name, module = str(part["class_name"]), str(part.get("module"))
            ours = re.fullmatch(r"(keras|gala_ssl)(\.\w+)*", module) and name.isidentifier() and name[0].isupper()
            if name != "__keras_tensor__" and (not ours or name == "Lambda"):
                found.add(f"{module}.{name}")
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return found
