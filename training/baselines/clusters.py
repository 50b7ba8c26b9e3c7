"""Few colourings that stand for many samples: the centres of their clusters (paper, sec. 6.3)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_ATTEMPTS = 3
_STOP = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)


def centres(fields: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """Samples (N,2,f,f) -> k-means centres (k,2,f,f), largest cluster first; the same on every call.

    Fewer samples than k are all returned, repeated in turn.
    """
    if len(fields) <= k:
        return np.resize(fields, (k, *fields.shape[1:]))
    points = fields.reshape(len(fields), -1)
    cv2.setRNGSeed(0)
    _, labels, found = cv2.kmeans(points, k, None, _STOP, _ATTEMPTS, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    sizes = np.bincount(labels.ravel(), minlength=k)
    order = np.argsort(-sizes, kind="stable")
    return np.asarray(found[order], np.float32).reshape(k, *fields.shape[1:])
