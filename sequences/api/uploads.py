"""Files of many lines as the body of a call: put aside while they come, never held in memory as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sequences.actions.bulk_jobs import MOST_BYTES
from sequences.api.problems import TooLarge

IN_MEMORY = 1024 * 1024
CSV, NDJSON = "text/csv", "application/x-ndjson"


class Upload(dict[str, Any]):
    """What identifies the body, so that a repeated call is known as the same; `file` is the body itself."""

    def __init__(self, file: IO[bytes], media_type: str, digest: str) -> None:
        super().__init__(media_type=media_type, sha256=digest)
        self.file, self.media_type = file, media_type


class UploadParser(BaseParser):
    """For views that are TakesUploads."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Upload:
        """Raises TooLarge as soon as that is clear."""
        file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed with the call
        (parser_context or {})["view"].uploads.callback(file.close)
        digest, size = hashlib.sha256(), 0
        while part := stream.read(IN_MEMORY):
            size += len(part)
            if size > MOST_BYTES:
                raise TooLarge
            digest.update(part)
            file.write(part)
        file.seek(0)
        return Upload(file, self.media_type, digest.hexdigest())


class TakesUploads(APIView):
    """Closes what its calls brought, however they end."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.uploads = ExitStack()
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Any:
        if hasattr(self, "uploads"):
            self.uploads.close()
        return super().finalize_response(request, response, *args, **kwargs)


class CsvParser(UploadParser):
    media_type = CSV


class NdjsonParser(UploadParser):
    media_type = NDJSON
