"""What a picture says of how it came about, in the words of the IPTC."""

from __future__ import annotations

from enum import StrEnum

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class SourceType(StrEnum):
    """The IPTC digital source types that fit a colourised photograph.

    A generative model invents the colour and a real scan gives the rest: a composite. The other
    one is the weaker claim, for those who hold that colour is no main content.
    """

    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
    ENHANCED = "algorithmicallyEnhanced"

    @property
    def uri(self) -> str:
        """The term as metadata states it."""
        return _VOCABULARY + self.value
