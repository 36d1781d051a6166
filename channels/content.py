"""What a message says, block by block: frozen values that touch nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Video:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Audio:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class File:
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """Either opens `url` or sends `payload` back; never both."""

    label: str
    url: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    text: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class QuickReply:
    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class QuickReplies:
    text: str
    replies: tuple[QuickReply, ...]


class Place(StrEnum):
    """Where in a template a parameter stands."""

    HEADER = "header"
    HEADER_IMAGE = "header_image"
    HEADER_VIDEO = "header_video"
    HEADER_DOCUMENT = "header_document"
    BODY = "body"
    URL_BUTTON = "url_button"
    POSTBACK_BUTTON = "postback_button"


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of a template; `name` is empty where the provider counts them, of a button it is its number."""

    place: Place = Place.BODY
    name: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template of the provider, its parameters already filled in.

    `slots` says where each parameter stands, in their order; empty: all in the body, counted.
    """

    name: str
    language: str
    parameters: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteSubFlow:
    """A sub-flow that lives at the provider, which sends what is written there; `name` is for people."""

    reference: str
    name: str = ""


Block = Text | Image | Video | Audio | File | Buttons | QuickReplies | Template | RemoteSubFlow


@dataclass(frozen=True, slots=True)
class Letter:
    """All blocks of a sub-flow in one message, under a subject: what a kind sends whose capabilities say `letters`."""

    subject: str
    blocks: tuple[Block, ...]


Message = Block | Letter
