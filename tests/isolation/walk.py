"""Every address that the URL configuration knows, filled with somebody else's ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern

_ROUTE_PARAMETER = re.compile(r"<(?:[a-z]+:)?([a-z_0-9]+)>")
_NAMED_GROUP = re.compile(r"\(\?P<([a-z_0-9]+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, slots=True)
class Place:
    """An address with holes: `/admin/channels/contact/{object_id}/change/`."""

    template: str
    holes: tuple[str, ...]
    name: str

    def addresses(self, ids: Iterable[str]) -> Iterator[str]:
        """Every way to fill the holes with the given ids."""
        for values in product(sorted(ids), repeat=len(self.holes)):
            address = self.template
            for hole, value in zip(self.holes, values, strict=True):
                address = address.replace("{" + hole + "}", value, 1)
            yield address


def places(under: str = "") -> list[Place]:
    """All places of the running configuration whose address begins with `under`."""
    found = {place.template: place for place in _walk(get_resolver().url_patterns, "/")}
    return [place for template, place in sorted(found.items()) if template.startswith(under)]


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[Place]:
    for entry in patterns:
        template = before + _template(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, template)
        else:
            holes = tuple(re.findall(r"{([a-z_0-9]+)}", template))
            yield Place(template, holes, entry.name or "")


def _template(pattern: object) -> str:
    if isinstance(pattern, RoutePattern):
        return _ROUTE_PARAMETER.sub(r"{\1}", str(pattern))
    if isinstance(pattern, RegexPattern):
        text = _NAMED_GROUP.sub(r"{\1}", str(pattern))
        return text.lstrip("^").removesuffix("$").removesuffix(r"\Z").replace("\\", "").removesuffix("/?")
    raise TypeError(f"an address of an unknown sort: {pattern!r}")
