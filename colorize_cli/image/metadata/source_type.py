"""What a picture says of how it came about, in the words of the IPTC."""

from __future__ import annotations

from enum import StrEnum

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class SourceType(StrEnum):
    """The IPTC digital source types that fit a colourised photograph.

    A generative model invents the colour and a real scan gives the rest: a composite. The other
    one is the weaker claim, for those who hold that colour is no main content.
    """

    COMPOSITE = "composite-with-trained-algorithmic-media"
    ENHANCED = "algorithmically-enhanced"

    @property
    def uri(self) -> str:
        """The term as metadata states it."""
        first, *others = self.value.split("-")
        return _VOCABULARY + first + "".join(map(str.capitalize, others))

    @classmethod
    def of(cls, uri: str) -> SourceType:
        """The source type that metadata states; ValueError for another one."""
        for kind in cls:
            if kind.uri == uri:
                return kind
        raise ValueError(f"{uri} is not a source type of ours")
