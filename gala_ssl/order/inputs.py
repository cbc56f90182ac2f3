"""Frames and clouds as a trained network knows them: its types, its number of bonds, its unit of length."""
import dataclasses
import warnings

import numpy as np

from gala_ssl.base.errors import InputError, pluralize
from gala_ssl.clouds import MOST_NEIGHBORS
from gala_ssl.clouds.neighborhoods import PointClouds
from gala_ssl.clouds.neighbors import fraction_of_ties
from gala_ssl.clouds.roles import by_role
from gala_ssl.clouds.rules import Nearest

# What the contact distance of clouds in shortest distances may be, and of how many clouds there is one: of a few from a
# gas, none may touch another.
_CONTACT, _ENOUGH = (0.5, 2), 20
# Part of the particles that may have further neighbours just as far as their last one: by chance, few.
_TIES = 0.1


class Inputs:
    """What a network takes, and the warnings (UserWarning) where it was not trained for what it is given.

    Args:
        card: of the network. known: number of types that it knows. ignore_types: take all particles for one type.

    Raises:
        InputError: a card with another number of type_names; from both methods, types that the network does not know.
    """

    def __init__(self, card, known, ignore_types=False):
        self.name, self.trained, self.names = card["task"], card["data"]["neighbors"], card.get("type_names")
        self.known, self.ignore_types = known, ignore_types
        self.by_role = isinstance(card["data"].get("types"), int) and not ignore_types
        if self.names is not None and len(self.names) != known:
            raise InputError(f"The card of {self.name} has the type_names {', '.join(self.names)}, but the network "
                             f"knows {pluralize(known, 'type')}; name as many.", option="type_names", value=self.names)

    def of_frame(self, frame, neighbors):
        """The frame with the types that the network knows, in its order; warns of shells that do not fit.

        Of a network that tells types by role, `in_roles` orders them in the clouds.
        """
        frame = self.known_types(frame)
        self._warn_of_ties(frame, neighbors)
        return frame

    def known_types(self, frame):
        """The frame with the types that the network knows, in its order, matched by name where it knows their names."""
        if self.ignore_types:
            frame = dataclasses.replace(frame, types=None, type_names=("any",))
        known, present = self.known, np.unique(frame.types)
        self._check_types(known, len(present), frame.where)
        names = self.names
        if self.by_role:
            return frame
        if known == 1 < len(frame.type_names):
            return dataclasses.replace(frame, types=None, type_names=[frame.type_names[present[0]]])
        if names and known > 1 and not self.ignore_types:
            return self._matched(frame, present, list(names))
        if len(frame.type_names) > known:
            raise InputError(f"{frame.where} names the types {', '.join(frame.type_names)}, but the {self.name} "
                             f"network knows {known} without names; give a frame that names these {known} alone, in "
                             f"the order of the training, or write the names into the network's card as type_names.",
                             frame=frame.where, option="type_names", value=frame.type_names)
        if len(frame.type_names) == known:
            if known > 1:
                warnings.warn(f"The card of the {self.name} network does not name its {known} types, so those of "
                              f"{frame.where}, {', '.join(frame.type_names)}, are taken in this order; write the names "
                              f"into the card as type_names.", stacklevel=6)
            return frame
        self._warn_of_types(known, len(frame.type_names))
        return dataclasses.replace(frame, type_names=[*frame.type_names, *["none"] * (known - len(frame.type_names))])

    def _matched(self, frame, present, names):
        """The frame with the types of the network's card, by their names."""
        strange = [frame.type_names[kind] for kind in present if frame.type_names[kind] not in names]
        if strange:
            raise InputError(f"{frame.where} has particles of the type {', '.join(strange)}, but the {self.name} "
                             f"network knows {', '.join(names)}; name them as these, or take all for one type with "
                             f"ignore_types, on the command line --ignore-types.", frame=frame.where,
                             option="type_names", value=strange)
        places = [names.index(name) if name in names else 0 for name in frame.type_names]
        return dataclasses.replace(frame, types=np.array(places)[frame.types], type_names=names)

    def of_clouds(self, clouds, length_scale):
        """The clouds with as many type columns as the network knows."""
        width, trained = clouds.bonds.shape[1], self.trained
        check_width(width)
        if width != trained:
            warnings.warn(f"The {self.name} network was trained on clouds of {trained} bonds; what it makes of clouds "
                          f"of up to {width} was not tested.", stacklevel=6)
        self._warn_of_lengths(clouds, length_scale)
        if self.ignore_types:  # what the encodings of all types sum up to is that of one
            ones = clouds.types.reshape(*clouds.types.shape[:2], 2, -1).sum(axis=-1)
            clouds = PointClouds(clouds.bonds, ones)
        if self.by_role:
            return self._in_roles(clouds)
        known, found = self.known, clouds.types.shape[-1] // 2
        halves = np.split(clouds.types, 2, axis=-1)
        if known == 1 < found:  # as of a frame, a type that no particle is of does not count
            present = np.flatnonzero(halves[1].any(axis=(0, 1)))[:found] if len(clouds) else np.empty(0, int)
            found = max(1, len(present))
            halves = [half[..., present if len(present) else [0]] for half in halves]
            clouds = PointClouds(clouds.bonds, np.concatenate(halves, axis=-1))
        self._check_types(known, found, "the point clouds")
        if known == found:
            return clouds
        self._warn_of_types(known, found)
        filled = [np.pad(half, ((0, 0), (0, 0), (0, known - found))) for half in halves]
        return PointClouds(clouds.bonds, np.concatenate(filled, axis=-1))

    def in_roles(self, clouds):
        """The clouds of a frame with types by role, where the network was trained so."""
        return by_role(clouds, self.known) if self.by_role else clouds

    def _in_roles(self, clouds):
        present = np.split(clouds.types, 2, axis=-1)[1].any(axis=(0, 1)).sum()
        self._check_types(self.known, present, "the point clouds")
        return by_role(clouds, self.known)

    def _warn_of_lengths(self, clouds, length_scale):
        contact = clouds.contact if len(clouds) >= _ENOUGH and length_scale != "mean_bond" else None
        if contact is not None and not _CONTACT[0] <= contact <= _CONTACT[1]:
            warnings.warn(f"The {self.name} network was trained on lengths in shortest distances, but of the point "
                          f"clouds given one in a hundred has its nearest bond within {contact:.3g}; if that is "
                          f"another unit, divide them by it, as in_contact_distances() does.", stacklevel=7)

    def _check_types(self, known, found, where):
        if found > known:
            raise InputError(f"The {self.name} network knows {pluralize(known, 'type')} of particles, but those of "
                             f"{where} are of {found}; take all for one type with ignore_types, on the command line "
                             f"--ignore-types, or train a network on as many.", frame=where, option="types",
                             value=found)

    def _warn_of_types(self, known, found):
        if found < known:
            warnings.warn(f"The {self.name} network knows {known} types of particles, but those given are of "
                          f"{found}, which count as its first.", stacklevel=6)

    def _warn_of_ties(self, frame, neighbors):
        k = neighbors.most
        if isinstance(neighbors, Nearest) and (part := fraction_of_ties(frame, k)) > _TIES:
            warnings.warn(f"In {frame.where} {part:.0%} of the particles have further neighbours just as far as the "
                          f"last of their {k} nearest. Which of these count is arbitrary, so that equivalent "
                          f"particles of a perfect crystal get different numbers; average over them, give them the "
                          f"noise of a temperature, or choose the neighbours by solid angle: SANN(), --neighbors sann.",
                          stacklevel=7)


def check_width(k):
    """InputError if clouds of k bonds are too wide for any network."""
    if k > MOST_NEIGHBORS:
        raise InputError(f"Clouds of k = {k} bonds are too wide: a network looks at each of their k x k pairs, for "
                         f"which memory is set aside up to k = {MOST_NEIGHBORS}; choose fewer neighbours.",
                         option="most", value=k)
