"""The outputs of a photo that has its colours, written under names that are not yet theirs."""

from __future__ import annotations

import os
from dataclasses import replace

from colorize_cli import __version__
from colorize_cli.image.delivery import losses
from colorize_cli.image.encoding import Encoding
from colorize_cli.image.metadata.credentials import WARNING
from colorize_cli.image.metadata.provenance import Provenance
from colorize_cli.image.photo import Photo
from colorize_cli.image.uncertainty_map import write_map
from colorize_cli.image.writing import write_picture
from colorize_cli.model.weights import WeightsInfo
from colorize_cli.output.records import number_of
from colorize_cli.run.commit import Draft, temporary_for
from colorize_cli.run.items import ModelOutput
from colorize_cli.run.plan import Job, Output
from colorize_cli.settings import UNCERTAINTY, RunSettings


class DraftWriter:
    """Writes variants and maps as the settings want them."""

    def __init__(self, settings: RunSettings, info: WeightsInfo) -> None:
        self._settings, self._info = settings, info

    def write(self, item: ModelOutput, output: Output) -> Draft:
        """Write one of a photo's files; OutputError or PhotoError as of `write_picture`."""
        draft = Draft(temporary_for(item.photo.job, output, self._settings.segment), output)
        draft = self._map(item, draft) if output.kind == UNCERTAINTY else self._variant(item, draft)
        if self._settings.keep_times:
            time = item.photo.source.mtime_ns
            os.utime(draft.temporary, ns=(time, time))
        return draft

    def encoding(self, job: Job) -> Encoding:
        """How the pictures of a photo are written."""
        settings = self._settings
        return Encoding(
            job.format.value,
            settings.quality,
            settings.chroma,
            settings.lossless_luma,
            settings.separate_scans,
        )

    def losses(self, job: Job, scan: Photo) -> tuple[str, ...]:
        """What of a scan its pictures do not keep."""
        found = scan.warnings + losses(scan, self.encoding(job))
        # Signed pictures have the scan's own credentials inside theirs.
        return tuple(text for text in found if self._settings.signing is None or text != WARNING)

    def _variant(self, item: ModelOutput, draft: Draft) -> Draft:
        photo, place = item.photo, number_of(draft.output.kind) - 1
        written = write_picture(
            draft.temporary,
            photo.task.canvas,
            item.fields[place],
            self.encoding(photo.job),
            self._provenance(item, draft.output),
            signing=self._settings.signing,
            durable=self._settings.durable,
        )
        return replace(draft, size=written.size, sha256=written.sha256, standing=item.standings[place])

    def _map(self, item: ModelOutput, draft: Draft) -> Draft:
        assert item.uncertainty is not None
        written = write_map(
            draft.temporary,
            item.photo.task.canvas,
            item.uncertainty,
            self._provenance(item, draft.output),
            durable=self._settings.durable,
        )
        mean = round(float(item.uncertainty.mean()), 2)
        return replace(draft, size=written.size, sha256=written.sha256, uncertainty=mean)

    def _provenance(self, item: ModelOutput, output: Output) -> Provenance:
        scan, info = item.photo.task.canvas.photo, self._info
        return Provenance(
            tool_version=__version__,
            weights=info.name,
            weights_sha256=info.sha256,
            seed=self._settings.seed,
            variant=number_of(output.kind),
            source_name=scan.path.name,
            source_sha256=scan.digest,
            page=item.photo.job.photo.page,
            source_type=self._settings.source_type,
            guidance=self._guidance(item),
        )

    def _guidance(self, item: ModelOutput) -> str | None:
        """What a picture says of the colours that people have given."""
        settings, hints, parts = self._settings, item.photo.task.hints, []
        if hints:
            parts.append(f"hints at {len(hints.hints)} places ({settings.hints}, {item.photo.hints})")
        if settings.palette:
            colours = len(settings.palette.colours)
            strength = f"strength {settings.palette_strength:g}, {settings.palette.digest}"
            parts.append(f"a palette of {colours} colours ({strength})")
        return " and ".join(parts) or None
