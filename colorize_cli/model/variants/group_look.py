"""What the photos of a group share, so that a series comes out as a series; without torch, for planning."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class GroupLook:
    """Of a group: the log weights (M,) of the components of its mixture and their means (M,d), float32."""

    log_pi: NDArray[np.float32]
    mu: NDArray[np.float32]

    @property
    def digest(self) -> str:
        """16 hex digits."""
        return hashlib.sha256(self.log_pi.tobytes() + self.mu.tobytes()).hexdigest()[:16]
