"""The pictures of a photo that has its colours, written under names that are not yet theirs."""

from __future__ import annotations

import os
from dataclasses import replace

from colorize_cli import __version__
from colorize_cli.image.encoding import Encoding, Subsampling
from colorize_cli.image.metadata.provenance import Provenance
from colorize_cli.image.uncertainty_map import write_map
from colorize_cli.image.writing import write_picture
from colorize_cli.model.weights import WeightsInfo
from colorize_cli.run.commit import Draft, temporary_for
from colorize_cli.run.items import ModelOutput
from colorize_cli.run.plan import Job, Output
from colorize_cli.settings import RunSettings


class Painter:
    """Writes pictures and maps as the settings want them."""

    def __init__(self, settings: RunSettings, info: WeightsInfo) -> None:
        self._settings, self._info = settings, info

    def stage(self, item: ModelOutput, output: Output) -> Draft:
        """Write one of a photo's files; OutputError or PhotoError as of `write_picture`."""
        staged = Draft(temporary_for(item.job, output), output)
        try:
            staged = self._mapped(item, staged) if output.variant == 0 else self._painted(item, staged)
        except BaseException:
            staged.remove()
            raise
        if self._settings.keep_times:
            os.utime(staged.temporary, ns=(item.source.mtime_ns, item.source.mtime_ns))
        return staged

    def _painted(self, item: ModelOutput, staged: Draft) -> Draft:
        variant, encoding = staged.output.variant, self.encoding(item.job)
        ab, provenance = item.fields[variant - 1], self._provenance(item, variant)
        written = write_picture(
            staged.temporary, item.canvas, ab, encoding, provenance, durable=self._settings.durable
        )
        standing = item.standings[variant - 1]
        return replace(staged, size=written.size, sha256=written.sha256, standing=standing)

    def _mapped(self, item: ModelOutput, staged: Draft) -> Draft:
        assert item.uncertainty is not None
        provenance, durable = self._provenance(item, 0), self._settings.durable
        written = write_map(staged.temporary, item.canvas, item.uncertainty, provenance, durable=durable)
        unsure = round(float(item.uncertainty.mean()), 2)
        return replace(staged, size=written.size, sha256=written.sha256, uncertainty=unsure)

    def encoding(self, job: Job) -> Encoding:
        """How the pictures of a photo are written."""
        settings = self._settings
        chroma = Subsampling(settings.chroma.value)
        return Encoding(
            job.format.value, settings.quality, chroma, settings.lossless_luma, settings.interleaved
        )

    def _provenance(self, item: ModelOutput, variant: int) -> Provenance:
        info = self._info
        return Provenance(
            tool_version=__version__,
            weights=info.name,
            weights_sha256=info.sha256,
            seed=self._settings.seed,
            variant=variant,
            source_name=item.canvas.photo.path.name,
            source_sha256=item.canvas.photo.digest,
            page=item.job.photo.page,
            source_type=self._settings.source_type,
            guidance=self._guidance(item),
        )

    def _guidance(self, item: ModelOutput) -> str | None:
        """What a picture says of the colours that people have given."""
        settings, said = self._settings, []
        if item.hinted:
            count = len(item.hinted.hints)
            said.append(f"hints at {count} places ({settings.hints}, {item.hints})")
        if settings.palette:
            colours = len(settings.palette.colours)
            strength = f"strength {settings.palette_strength:g}, {settings.palette.digest}"
            said.append(f"a palette of {colours} colours ({strength})")
        return " and ".join(said) or None
