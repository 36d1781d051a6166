"""A sub-flow's blocks and one contact's values become the parts that are sent, waited or done, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.content import (
    Audio,
    Button,
    Buttons,
    File,
    Image,
    Message,
    QuickReplies,
    QuickReply,
    RemoteSubFlow,
    Slot,
    Template,
    Text,
    Video,
)
from sequences.rules import payloads
from sequences.rules.blocks import check_blocks, check_utility_template
from sequences.rules.placeholders import compile_text
from sequences.rules.problems import Problem
from sequences.rules.shapes import is_blank
from sequences.rules.web_addresses import fill_address, is_web_address

Values = Mapping[str, Any]
Block = Mapping[str, Any]


class RenderingFailed(Exception):
    """This content cannot be made for this contact; `detail` is a code, with the block's path where one is known."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One message for the provider."""

    content: Message


@dataclass(frozen=True, slots=True)
class PausePart:
    """Nothing leaves for so long."""

    seconds: int


@dataclass(frozen=True, slots=True)
class ActionPart:
    """Something we do to the contact; `sequence` or `tag` is the target, the other is empty."""

    verb: payloads.Verb
    sequence: str = ""
    tag: str = ""


Part = MessagePart | PausePart | ActionPart
_Maker = Callable[[Values], Part]


@dataclass(frozen=True, slots=True)
class CompiledBlocks:
    """Blocks read once, to be rendered for many contacts."""

    makers: tuple[_Maker, ...]

    def render(self, values: Values) -> tuple[Part, ...]:
        """The parts for one contact; raises RenderingFailed."""
        return tuple([make(values) for make in self.makers])


def compile_blocks(blocks: Sequence[Block]) -> CompiledBlocks:
    """Read blocks; raises RenderingFailed for any that could not have been saved."""
    _refuse(check_blocks(blocks, may_be_empty=True))
    return CompiledBlocks(tuple(_MAKERS[block["type"]](block) for block in blocks))


def compile_remote(reference: str, name: str) -> CompiledBlocks:
    """A sub-flow that lives elsewhere: one part, the same for everybody, for what it says is written there."""
    part = MessagePart(RemoteSubFlow(reference, name))
    return CompiledBlocks((lambda values: part,))


def render(blocks: Sequence[Block], values: Values) -> tuple[Part, ...]:
    """The parts of a sub-flow for one contact; raises RenderingFailed."""
    return compile_blocks(blocks).render(values)


def render_template(
    utility_template: Mapping[str, Any], values: Values, slots: tuple[Slot, ...] = ()
) -> tuple[Part, ...]:
    """The bound template for one contact, as the only part; `slots` as the provider told. Raises RenderingFailed."""
    if not utility_template:
        raise RenderingFailed("utility_template: required")
    _refuse(check_utility_template(utility_template))
    parameters = tuple(compile_text(text).fill(values) for text in utility_template.get("parameters") or ())
    name, language = utility_template["name"], utility_template["language"]
    return (MessagePart(Template(name, language, parameters, slots)),)


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise RenderingFailed(f"{problems[0].field}: {problems[0].code}")


def _filler(text: str, code_when_blank: str) -> Callable[[Values], str]:
    compiled = compile_text(text)

    def fill(values: Values) -> str:
        filled = compiled.fill(values)
        if not filled or filled.isspace():
            raise RenderingFailed(code_when_blank)
        return filled

    return fill


def _address_filler(url: str) -> Callable[[Values], str]:
    compiled = compile_text(url)

    def fill(values: Values) -> str:
        filled = fill_address(compiled, values)
        if not is_web_address(filled):
            raise RenderingFailed("invalid_url")
        return filled

    return fill


def _text_maker(block: Block) -> _Maker:
    text = _filler(block["text"], "empty_text")
    return lambda values: MessagePart(Text(text(values)))


def _media_maker(kind: type[Image | Video | Audio | File]) -> Callable[[Block], _Maker]:
    def maker(block: Block) -> _Maker:
        url, caption = _address_filler(block["url"]), compile_text(_given(block, "caption"))
        return lambda values: MessagePart(kind(url(values), caption.fill(values)))

    return maker


def _buttons_maker(block: Block) -> _Maker:
    text = _filler(block["text"], "empty_text")
    buttons = [_button_maker(button) for button in block["buttons"]]
    return lambda values: MessagePart(Buttons(text(values), tuple(make(values) for make in buttons)))


def _button_maker(button: Block) -> Callable[[Values], Button]:
    label = _filler(button["label"], "empty_label")
    if _given(button, "url"):
        url = _address_filler(button["url"])
        return lambda values: Button(label(values), url=url(values))
    payload = _payload_of(button)
    return lambda values: Button(label(values), payload=payload)


def _quick_replies_maker(block: Block) -> _Maker:
    text = _filler(block["text"], "empty_text")
    replies = [(_filler(reply["label"], "empty_label"), _payload_of(reply)) for reply in block["replies"]]
    return lambda values: MessagePart(
        QuickReplies(text(values), tuple(QuickReply(label(values), payload) for label, payload in replies))
    )


def _pause_maker(block: Block) -> _Maker:
    part = PausePart(block["seconds"])
    return lambda values: part


def _action_maker(block: Block) -> _Maker:
    action = payloads.read_action(block)
    part = ActionPart(action.verb, action.sequence, action.tag)
    return lambda values: part


def _payload_of(button: Block) -> str:
    payload = _given(button, "payload")
    return payload if is_blank(button.get("action")) else payloads.encode(button["action"], payload)


def _given(block: Block, key: str) -> str:
    return "" if is_blank(block.get(key)) else str(block[key])


_MAKERS: dict[str, Callable[[Block], _Maker]] = {
    "text": _text_maker,
    "image": _media_maker(Image),
    "video": _media_maker(Video),
    "audio": _media_maker(Audio),
    "file": _media_maker(File),
    "buttons": _buttons_maker,
    "quick_replies": _quick_replies_maker,
    "pause": _pause_maker,
    "action": _action_maker,
}
