"""Static files under hashed names where `collectstatic` has run, under their own names where it has not."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedWhenCollected(CompressedManifestStaticFilesStorage):
    """A file that the manifest does not know is served by its plain name instead of failing the page."""

    def stored_name(self, name: str) -> str:
        known = self.hash_key(self.clean_name(urlsplit(unquote(name)).path.strip())) in self.hashed_files
        return str(super().stored_name(name)) if known else name
