"""What mail servers and services answer, and what each answer means for us (docs/providers/email.md)."""

from __future__ import annotations

from channels.backends.answers import answer_of, json_object, meaning_of_unreadable, retry_after
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
)
from channels.mail import MailReply, MailStage
from channels.messages import Answer, DoorResult

CLOSING = 421  # the server ends the conversation: too many at once, or it goes down (RFC 5321 3.8)
LOGIN_FIRST = frozenset({530, 534, 535, 538})  # RFC 4954
# What a service says of a recipient, in Anymail's words.
_OF_THE_RECIPIENT: dict[str, type[ChannelError]] = {"invalid": ContactGone, "rejected": ContactUnreachable}


def read_taken(result: DoorResult) -> MailReply:
    """The reply to a mail that was taken; raises the ChannelError that fits otherwise.

    A service's answer that comes through whole is one that Anymail could not take for a success.
    """
    if not isinstance(result, MailReply):
        answer = answer_of(result)
        raise error_of_service(answer)
    if result.stage is not MailStage.TAKEN:
        raise error_of_server(result)
    return result


def error_of_server(reply: MailReply) -> ChannelError:
    """What a refusal means, by the place in the conversation at which it fell."""
    detail = " ".join(filter(None, (f"SMTP {reply.code}" if reply.code else "", reply.enhanced, reply.word)))
    if reply.code == CLOSING or reply.stage is MailStage.GREETING:
        return ChannelTrouble(detail)
    if reply.stage is MailStage.LOGIN or reply.code in LOGIN_FIRST:
        return _of_the_account(reply, detail, lacks="token")
    match reply.stage:
        case MailStage.SENDER:
            return _of_the_account(reply, detail, lacks="permission")
        case MailStage.RECIPIENT:
            return _of_the_recipient(reply, detail)
        case _:
            return TemporaryFailure(detail) if _is_temporary(reply) else MessageRejected(detail)


def _of_the_account(reply: MailReply, detail: str, *, lacks: str) -> ChannelError:
    """Whoever may not sign in, or not write under this sender, may not write to anybody."""
    return ChannelTrouble(detail) if _is_temporary(reply) else ChannelMisconfigured(detail, lacks=lacks)


def _of_the_recipient(reply: MailReply, detail: str) -> ChannelError:
    """RFC 3463: x.2.2 is a full mailbox; x.7.x refuses by policy, which says nothing of the mailbox."""
    if reply.word:
        return _OF_THE_RECIPIENT.get(reply.word, MessageRejected)(detail)
    if _is_temporary(reply):
        return TemporaryFailure(detail)
    if reply.enhanced.startswith("5.7."):
        return MessageRejected(detail)
    return ContactUnreachable(detail) if reply.enhanced == "5.2.2" or reply.code == 552 else ContactGone(detail)


def _is_temporary(reply: MailReply) -> bool:
    return 400 <= reply.code < 500


def error_of_service(answer: Answer) -> ChannelError:
    """What an HTTP answer means that is not the good one; the status decides where the service explains itself."""
    detail, wait = f"HTTP {answer.status}", retry_after(answer.headers)
    if answer.status == 401:
        return ChannelMisconfigured(detail, lacks="token")
    if not json_object(answer):
        return meaning_of_unreadable(answer)
    match answer.status:
        case 403:
            return ChannelMisconfigured(detail, lacks="permission")
        case 402 | 429:
            return ChannelTrouble(detail, wait=wait)
        case status if status >= 500:
            return TemporaryFailure(detail, retry_after=wait)
        case status if status >= 300:
            return MessageRejected(detail)
        case _:
            return OutcomeUnknown(f"{detail} that does not say what became of it")
