"""The templates of a Page or a WhatsApp account: the question that lists them, and how each reads (docs/providers/)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from channels.backends.meta import graph_question, read_graph
from channels.backends.meta_errors import MEANINGS, Meaning
from channels.backends.questions import ProviderTemplate, TemplatePage, TemplateState
from channels.content import Place, Slot
from channels.errors import ChannelTrouble
from channels.messages import Account, DoorResult, HttpCall

A_PAGE = 100  # templates an answer
MAX_NAME, MAX_LANGUAGE, MAX_TEXT, MAX_BUTTONS = 512, 32, 5000, 10

_PARAMETER = re.compile(r"{{\s*([A-Za-z0-9_]{1,64})\s*}}")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_CURSOR = re.compile(r"[\x21-\x7e]{1,1000}")

# Meta's words; a word that is not here says nothing that would let us send.
_STATES = {
    "APPROVED": TemplateState.APPROVED,
    "REINSTATED": TemplateState.APPROVED,
    "PENDING": TemplateState.PENDING,
    "IN_APPEAL": TemplateState.PENDING,
    "REJECTED": TemplateState.REJECTED,
    "PAUSED": TemplateState.PAUSED,
    "LIMIT_EXCEEDED": TemplateState.PAUSED,
    "DISABLED": TemplateState.DISABLED,
    "DELETED": TemplateState.DISABLED,
    "PENDING_DELETION": TemplateState.DISABLED,
    "ARCHIVED": TemplateState.DISABLED,
}
_PLACES = {"URL": Place.URL_BUTTON, "POSTBACK": Place.POSTBACK_BUTTON, "QUICK_REPLY": Place.POSTBACK_BUTTON}
_FILLED = {"URL": "url", "POSTBACK": "payload"}
_HEADERS = {"IMAGE": Place.HEADER_IMAGE, "VIDEO": Place.HEADER_VIDEO, "DOCUMENT": Place.HEADER_DOCUMENT}

Json = dict[str, Any]


def templates_question(account: Account, owner: str, *, token: str, after: str, is_bearer: bool = False) -> HttpCall:
    """The owner's templates, a hundred at a time. No fields are named: which of them may be is not documented."""
    path = f"{quote(owner or 'me', safe='')}/message_templates"
    behind = {"after": after} if after else {}
    return graph_question(account, path, token=token, is_bearer=is_bearer, limit=str(A_PAGE), **behind)


def state_told(word: object) -> TemplateState | None:
    """The state that a word of Meta stands for; None for one that we do not know, such as a mere warning."""
    return _STATES.get(word.upper()) if isinstance(word, str) else None


def read_templates(
    result: DoorResult,
    *,
    provider: str,
    meanings: Mapping[tuple[int, int | None], Meaning] = MEANINGS,
    fills_media: bool = False,
) -> TemplatePage:
    """A page of the list; raises the ChannelError that fits for what is none.

    `fills_media`: a picture, video or document in a header is a parameter too.
    """
    found = read_graph(result, provider=provider, meanings=meanings)
    listed = found.get("data")
    if not isinstance(listed, list):
        raise ChannelTrouble("an answer without a list")
    templates = (_template(one, fills_media) for one in listed if isinstance(one, dict))
    return TemplatePage(tuple(one for one in templates if one is not None), _after(found.get("paging")))


def _after(paging: object) -> str:
    """The cursor, where Meta says that more follows; the address that it names is not followed."""
    if not isinstance(paging, dict) or not paging.get("next") or not isinstance(paging.get("cursors"), dict):
        return ""
    after = paging["cursors"].get("after")
    return after if isinstance(after, str) and _CURSOR.fullmatch(after) else ""


def _template(found: Json, fills_media: bool) -> ProviderTemplate | None:
    """A template as Meta lists it, with components or with a plain body; None for what has no name."""
    name, language = _words(found.get("name")), _words(found.get("language"))
    if not 0 < len(name) <= MAX_NAME or not 0 < len(language) <= MAX_LANGUAGE:
        return None
    header, media, body, buttons = _texts(found)
    places = (
        *_slots(header, Place.HEADER),
        *(media if fills_media else ()),
        *_slots(body, Place.BODY),
        *_button_slots(buttons),
    )
    return ProviderTemplate(
        name=name,
        language=language,
        # A list that tells no states is one of templates that can be sent.
        state=TemplateState.APPROVED if "status" not in found else _state(found["status"]),
        provider_id=_words(found.get("id"))[:100],
        category=_words(found.get("category"))[:50],
        header=header,
        body=body,
        buttons=tuple(_words(button.get("text"))[:100] for button in buttons),
        slots=places,
    )


def _state(word: object) -> TemplateState:
    return state_told(word) or TemplateState.DISABLED


def _texts(found: Json) -> tuple[str, tuple[Slot, ...], str, list[Json]]:
    """The header's text or the place of its picture, video or document; the body; the buttons."""
    header, media, body, buttons = "", tuple[Slot, ...](), _words(found.get("body")), list[Json]()
    for component in _objects(found.get("components")):
        match str(component.get("type", "")).upper():
            case "HEADER":
                header = _words(component.get("text"))
                place = _HEADERS.get(str(component.get("format", "")).upper())
                media = (Slot(place),) if place else ()
            case "BODY":
                body = _words(component.get("text"))
            case "BUTTONS":
                buttons = list(_objects(component.get("buttons")))[:MAX_BUTTONS]
    return header, media, body, buttons


def _slots(text: str, place: Place) -> Iterator[Slot]:
    """Named ones once each; counted ones in the order of their numbers, however the text is turned."""
    names = dict.fromkeys(_PARAMETER.findall(text))
    counted = sorted((name for name in names if name.isdigit()), key=int)
    yield from (Slot(place) for _ in counted)
    yield from (Slot(place, name) for name in names if not name.isdigit())


def _button_slots(buttons: list[Json]) -> Iterator[Slot]:
    """By their place among the template's buttons. A quick reply can be given an answer whatever its words."""
    for number, button in enumerate(buttons):
        kind = str(button.get("type", "")).upper()
        is_filled = kind in _FILLED and _PARAMETER.search(_words(button.get(_FILLED[kind])))
        if kind in _PLACES and (is_filled or kind not in _FILLED):
            yield Slot(_PLACES[kind], str(number))


def _objects(value: object) -> Iterator[Json]:
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def _words(value: object) -> str:
    return _UNSTORABLE.sub("", value).strip()[:MAX_TEXT] if isinstance(value, str) else ""
