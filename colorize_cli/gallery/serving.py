"""The gallery on this computer's loopback: the page, its pictures, choices saved as they are made, and hints.

Only who has the address with its secret gets an answer, only under this host's own name, and only the
pictures that the manifest names; a page of somebody else's can neither read, choose, nor colour.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

from colorize_cli.errors import ColorizeError, NoInputError, OutputError, PhotoError, UsageError
from colorize_cli.gallery.building import Gallery
from colorize_cli.gallery.colouring import Colouring
from colorize_cli.gallery.hinting import Hinting
from colorize_cli.gallery.site import Site
from colorize_cli.output.picks import parsed_choice

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_LONGEST_BODY = 100_000
_CHUNK = 1 << 18
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True)
class Server:
    """A server that has its port; `url` is the address with the secret; hinting: None if nobody colours."""

    http: ThreadingHTTPServer
    url: str
    hinting: Hinting | None = None

    @property
    def is_colouring(self) -> bool:
        """Whether a photo is being coloured anew."""
        return self.hinting is not None and self.hinting.worker.is_busy()

    def run(self) -> None:
        """Serve until `stop`, or an exception in this thread."""
        try:
            self.http.serve_forever(poll_interval=0.1)
        finally:
            self.http.server_close()

    def stop(self) -> None:
        """End `run`; from another thread."""
        self.http.shutdown()

    def finish(self) -> None:
        """Wait for the photo that is being coloured, if there is one."""
        if self.hinting is not None:
            self.hinting.worker.close()


def serve(gallery: Gallery, port: int = 0, colouring: Colouring | None = None) -> Server:
    """A server of the gallery on the loopback; port 0 takes a free one. UsageError if it is taken.

    colouring: who colours photos anew for which hints were placed on the page.
    """
    site, secret = Site(gallery), secrets.token_urlsafe(18)
    hinting = None if colouring is None else Hinting(site, colouring)
    try:
        http = ThreadingHTTPServer((HOST, port), _handler(site, hinting, secret))
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"Port {port} of {HOST} cannot be used ({error}). Choose another with --port."
        ) from error
    http.daemon_threads = True
    return Server(http, f"http://{HOST}:{http.server_address[1]}/{secret}/", hinting)


def _handler(site: Site, hinting: Hinting | None, secret: str) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.site, Handler.hinting, Handler.secret = site, hinting, secret
    return Handler


class _Handler(BaseHTTPRequestHandler):
    site: Site
    hinting: Hinting | None
    secret: str
    protocol_version = "HTTP/1.1"
    timeout = 30
    server_version, sys_version = "colorize", ""

    def do_GET(self) -> None:
        self._guarded(self._get)

    def do_HEAD(self) -> None:
        self._guarded(self._get)

    def do_POST(self) -> None:
        self._guarded(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def _guarded(self, answer: Callable[[str], None]) -> None:
        """Answer a request of our own page; anybody else hears nothing about what is here."""
        self.close_connection = self.command == "POST"
        try:
            name = self._own_name()
            if name is None:
                self._say(HTTPStatus.FORBIDDEN, "Open the address that colorize has printed.")
            else:
                answer(name)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except NoInputError as error:  # a damaged file of choices, or a folder that was emptied meanwhile
            self._say(HTTPStatus.CONFLICT, str(error))
        except ColorizeError as error:
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))

    def _own_name(self) -> str | None:
        """What is asked for below the secret; None if host, origin or secret are not ours."""
        port = self.server.server_address[1]  # type: ignore[index]
        hosts = (f"{HOST}:{port}", f"localhost:{port}")
        origin = self.headers.get("Origin")
        if self.headers.get("Host") not in hosts or origin not in (None, *(f"http://{h}" for h in hosts)):
            return None
        parts = self.path.partition("?")[0].split("/", 2)
        if len(parts) < 3 or not hmac.compare_digest(parts[1].encode(), self.secret.encode()):
            return None
        return os.fsdecode(unquote_to_bytes(parts[2]))

    def _get(self, name: str) -> None:
        if name == "":
            about = {} if self.hinting is None else {"hints": "hints", "busy": self.hinting.busy()}
            page = self.site.html(**about).encode("utf-8", "replace")
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", page)
        elif name == "hints/progress" and self.hinting is not None:
            self._send_json(self.hinting.progress())
        elif found := self.site.open(name):
            self._send_file(*found)
        else:
            self._say(HTTPStatus.NOT_FOUND, "There is no such picture here.")

    def _post(self, name: str) -> None:
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        answer = self._answers().get(name)
        if answer is None or self.headers.get("Origin") is None or kind != "application/json":
            self._say(HTTPStatus.FORBIDDEN, "Only the page itself can choose.")
        elif not length.isdecimal() or int(length) > _LONGEST_BODY:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too long.")
        else:
            self._tell(answer, self.rfile.read(int(length)))

    def _answers(self) -> dict[str, Callable[[Any], Any]]:
        """What can be told to us, and what answers it; nothing is answered with no content."""
        found: dict[str, Callable[[Any], Any]] = {"picks": lambda told: self.site.choose(parsed_choice(told))}
        if self.hinting is not None:
            found |= {"hints": self.hinting.save, "hints/of": self.hinting.of}
        return found

    def _tell(self, answer: Callable[[Any], Any], body: bytes) -> None:
        try:
            found = answer(json.loads(body))
        except (ValueError, RecursionError) as error:
            self._say(HTTPStatus.BAD_REQUEST, f"That makes no sense here: {error}.")
        except PhotoError as error:
            self._say(HTTPStatus.CONFLICT, str(error))
        except OutputError as error:
            self._say(HTTPStatus.INSUFFICIENT_STORAGE, str(error))
        else:
            if found is None:
                self._send(HTTPStatus.NO_CONTENT, None, b"")
            else:
                self._send_json(found)

    def _send_json(self, found: Any) -> None:
        self._send(HTTPStatus.OK, "application/json", json.dumps(found).encode())

    def _say(self, status: HTTPStatus, text: str) -> None:
        self._send(status, "text/plain; charset=utf-8", text.encode("utf-8", "replace"))

    def _send(self, status: HTTPStatus, kind: str | None, body: bytes) -> None:
        self._begin(status, kind, len(body), "no-store")
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_file(self, handle: int, kind: str, length: int) -> None:
        with os.fdopen(handle, "rb") as file:
            self._begin(HTTPStatus.OK, kind, length, "private, max-age=60")
            while self.command != "HEAD" and (part := file.read(min(_CHUNK, length))):
                self.wfile.write(part)
                length -= len(part)

    def _begin(self, status: HTTPStatus, kind: str | None, length: int, caching: str) -> None:
        self.send_response(status)
        if kind is not None:
            self.send_header("Content-Type", kind)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(length))
        for name, value in {**_HEADERS, "Cache-Control": caching}.items():
            self.send_header(name, value)
        self.end_headers()
