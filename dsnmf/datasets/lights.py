"""The light of CMU PIE's pictures, which follows from their order in the file."""

from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

#: A subject's pictures: the flashes one by one in the dark, then again with the room's light on.
FLASHES = 21
PICTURES = 2 * FLASHES

#: Flashes that light the face from each side of the picture.
DIRECTIONS = {
    "right": (0, 1, 2, 3, 4, 5, 8, 16, 17),
    "front": (6, 7, 9, 10, 18, 19),
    "left": (11, 12, 13, 14, 15, 20),
}


def _matched(pictures):
    """The position of every picture in the common order, shape (subjects, PICTURES).

    A subject's pictures are matched one to one with the other subjects' means at every position.
    Each subject's own mean is subtracted first, so that light is compared and not faces.
    """
    lights = pictures - pictures.mean(axis=1, keepdims=True)
    lights /= np.linalg.norm(lights, axis=2, keepdims=True)
    total = lights.sum(axis=0)
    places = []
    for own in lights:
        others = total - own
        others /= np.linalg.norm(others, axis=1, keepdims=True)
        places.append(linear_sum_assignment(own @ others.T, maximize=True)[1])
    return np.array(places)


def with_lights(faces):
    """Add the attributes direction of the light and flash to the faces of CMU PIE.

    Parameters
    ----------
    faces : Dataset
        With one class per sample, the subject.

    Returns
    -------
    Dataset
        The same samples; target (n, 3).

    Raises
    ------
    ValueError
        If a subject's 42 pictures are not together, or in another order than the other subjects'.
    """
    subjects = faces.target[::PICTURES]
    if not np.array_equal(faces.target, np.repeat(subjects, PICTURES)):
        raise ValueError(
            f"{faces.name} must have {PICTURES} pictures of each subject, one subject after another"
        )
    pictures = faces.data.reshape(len(subjects), PICTURES, -1)
    moved = (_matched(pictures) != np.arange(PICTURES)).any(axis=1)
    if moved.any():
        raise ValueError(
            f"the pictures of every subject must stand in one order of their lights; those of "
            f"{', '.join(map(str, subjects[moved]))} do not"
        )
    flash = np.arange(len(faces.target)) % FLASHES
    direction = np.empty_like(faces.target)
    for code, flashes in enumerate(DIRECTIONS.values()):
        direction[np.isin(flash, flashes)] = code
    return replace(
        faces,
        target=np.column_stack([direction, flash, faces.target]),
        target_names=("direction", "flash", "subject"),
    )
