"""Commands that say more of themselves than click asks for; help and manual pages are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

Rows = tuple[tuple[str, str], ...]
USAGES = ("[OPTIONS] PATHS...", "COMMAND [OPTIONS] ...")  # of `colorize` itself
OTHERS = "Options"  # where those stand that no heading names


class DocumentedCommand(click.Command):
    """A command with its options under headings, examples at the end of its help, and the files it keeps.

    headings: names of parameters by heading, in the order in which they are shown.
    """

    def __init__(
        self,
        *arguments: Any,
        headings: Mapping[str, tuple[str, ...]] | None = None,
        examples: Rows = (),
        files: Rows = (),
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.headings, self.examples, self.files = headings or {}, examples, files

    def sections(self, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
        """What help says of its options, by heading."""
        heading_of = {name: heading for heading, names in self.headings.items() for name in names}
        found: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*self.headings, OTHERS)}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                name = "help" if "--help" in param.opts else str(param.name)
                found[heading_of.get(name, OTHERS)].append(record)
        return {heading: records for heading, records in found.items() if records}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its options, under their headings."""
        for heading, records in self.sections(ctx).items():
            with formatter.section(heading):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its examples: what is typed, and what it does below that."""
        if not self.examples:
            return
        with formatter.section("Examples"):
            for typed, what in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{typed}\n")
                with formatter.indentation():
                    formatter.write_text(what)
