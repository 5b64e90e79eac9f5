"""Image gradient orientations: features of mixed sign that lighting hardly changes."""

import numpy as np

from dsnmf.validation import as_matrix, as_size


def _as_picture_shape(image_shape, n_pixels):
    if not np.iterable(image_shape) or len(image_shape) != 2:
        raise ValueError(f"image_shape must be (height, width), got {image_shape!r}")
    height, width = (as_size(side, f"image_shape[{i}]") for i, side in enumerate(image_shape))
    if min(height, width) < 2:
        raise ValueError(f"image_shape must have sides of 2 or more pixels, got {image_shape!r}")
    if height * width != n_pixels:
        raise ValueError(f"image_shape={image_shape!r} does not fit the {n_pixels} features")
    return height, width


def igo(data, image_shape):
    """Cosine and sine of the direction in which every pixel's brightness rises.

    With g = (g_x, g_y) the gradient at a pixel, by central differences inside the picture and
    one-sided ones on its border, the two features of the pixel are g_x / ‖g‖ and g_y / ‖g‖. A
    pixel with g = 0 has no orientation: both its features are 0 (the angle 0 would claim a rise
    to the right). Scaling a picture by a positive number changes nothing.

    Parameters
    ----------
    data : array_like, shape (n_samples, height * width)
        Grey pictures, their pixels row by row as in `dsnmf.datasets.Dataset`.
    image_shape : (int, int)
        Height and width, each at least 2; a data set's `images`.

    Returns
    -------
    ndarray, shape (n_samples, 2 * height * width)
        In [-1, 1]: first the cosines of all pixels (x to the right), then the sines (y
        downwards), each row by row. dtype of the data; `pytensor.config.floatX` for integers.

    Raises
    ------
    TypeError, ValueError
        If data is no finite 2-d array of real numbers, or image_shape is not as described or
        does not fit it.

    References
    ----------
    G. Trigeorgis, K. Bousmalis, S. Zafeiriou, B. W. Schuller. A deep semi-NMF model for learning
    hidden representations. ICML 2014, where it is the second kind of features.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.datasets.gradients import igo
    >>> rises_to_the_right = [[0.0, 1.0, 0.0, 1.0]]
    >>> igo(rises_to_the_right, (2, 2))
    array([[1., 1., 1., 1., 0., 0., 0., 0.]])
    """
    data = as_matrix(data, "data")
    height, width = _as_picture_shape(image_shape, data.shape[1])
    g_y, g_x = np.gradient(data.reshape(-1, height, width), axis=(1, 2))
    length = np.hypot(g_x, g_y)
    length[length == 0] = 1
    return np.concatenate([g_x / length, g_y / length], axis=1).reshape(len(data), -1)
