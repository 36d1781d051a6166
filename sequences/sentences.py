"""The codes that outside programs store, as sentences for people: one namespace for every face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_OF_DELIVERIES: dict[str, Promise] = {
    "reply_window_closed": _("More than 24 hours have passed since this person last wrote, or they never have."),
    "no_utility_template": _("After 24 hours this channel needs an approved template, and the sub-flow has none."),
    "condition_not_met": _("The condition of this message was not met."),
    "expired": _("It was too late for this message."),
    "content_rejected": _("The provider refused the content of this message."),
    "contact_unreachable": _("The provider could not reach this person."),
    "contact_gone": _("This person can no longer be reached on this channel."),
    "attempts_exhausted": _("The provider did not take this message after several attempts."),
    "outcome_unknown": _("The connection broke while sending: nobody knows whether the message arrived."),
    "rendering_failed": _("The message could not be filled in for this person."),
    "unsupported": _("This channel cannot show this message."),
}
_OF_WAITING: dict[str, Promise] = {
    "countdown": _("The countdown is running."),
    "outside_window": _("It waits until the send window opens."),
    "weekday_closed": _("It waits for a weekday on which it may be sent."),
    "channel_paused": _("The channel is paused."),
    "channel_trouble": _("The provider has trouble; the channel tries again by itself."),
    "contact_busy": _("This person received many messages just now; it goes in a moment."),
    "retry": _("The last attempt failed; it is tried again."),
    "sequence_paused": _("The sequence is paused."),
    "pause_block": _("The sub-flow pauses between two messages."),
}
_OF_ENDS: dict[str, Promise] = {
    "completed": _("All messages of the sequence are done."),
    "unsubscribed": _("Somebody unsubscribed this person from the sequence."),
    "replied": _("The person replied, and the sequence stops on a reply."),
    "opted_out": _("The person opted out."),
    "blocked": _("The person blocked the channel."),
    "stopped_by_step": _("A message could not go after 24 hours, and was set to stop the sequence then."),
    "exit_rule": _("An exit rule of the sequence applied."),
    "sequence_archived": _("The sequence was archived."),
    "moved": _("The person was moved to another sequence."),
}
_OF_CHANNELS: dict[str, Promise] = {
    "by_hand": _("Somebody paused the channel."),
    "credentials_refused": _("The provider refused the credentials of the channel."),
    "account_restricted": _("The provider restricted the account of the channel."),
}
_OF_SUBSCRIBING: dict[str, Promise] = {
    "already_active": _("This person is in the sequence already."),
    "reentry_not_allowed": _("This person went through the sequence before, and it allows no second time."),
    "contact_unavailable": _("This person opted out or blocked the channel."),
    "not_inside": _("This person is not in the sequence."),
    "sequence_not_active": _("This sequence is a draft or archived: nobody can be subscribed to it."),
    "subscription_ended": _("This person is not in the sequence any more."),
    "being_sent": _("A message to this person is being sent at this moment; try again in a moment."),
    "nothing_planned": _("No moment is planned for the next message of this person."),
    "invalid_transition": _("This change of state is not possible."),
}
_OF_DOUBTS: dict[str, Promise] = {
    "looked_and_not_there": _("Somebody looked: it did not arrive. It was not sent again."),
    "not_in_doubt": _("This delivery is not in doubt any more."),
}
_OF_TESTS: dict[str, Promise] = {
    "test_action": _("A test subscribes nobody and changes no tag."),
    "test_pause": _("A test does not wait."),
    "test_stopped": _("The test ended before this part."),
    "test_try_later": _("The provider could not take it just now. A real message would be tried again by itself."),
    "archived_not_tested": _("This sequence is archived: nothing of it is sent any more, not even a test."),
    "held_after_restore": _(
        "A backup was put back or a copy took over: nothing is sent, not even a test, until whoever runs this "
        "installation lets sending go on."
    ),
    "too_many_tests": _("Many tests were sent in the last ten minutes. Wait a little before the next one."),
}
_OF_INPUT: dict[str, Promise] = {
    "required": _("This value is needed."),
    "invalid_type": _("This value has the wrong type; expected: %(expected)s."),
    "unknown_field": _("There is no such field."),
    "read_only": _("This field cannot be written."),
    "unknown_type": _("There is no type “%(type)s”."),
    "unknown_action": _("There is no action “%(action)s”."),
    "unknown_choice": _("“%(value)s” is not one of the choices."),
    "too_many": _("At most %(max)s are allowed."),
    "too_long": _("This text is too long; at most %(max)s characters are allowed."),
    "out_of_range": _("This value must be between %(min)s and %(max)s."),
    "invalid_character": _("This text contains a character that cannot be stored."),
    "invalid_format": _("This value cannot be read; it must look like %(example)s."),
    "too_large": _("This file is too large; at most %(max)s MB are allowed."),
    "erased_line": _("This line was about somebody who has been erased."),
    "malformed_line": _("This line cannot be read."),
    "invalid_secret": _("This is no signing secret: it begins with whsec_ and holds 24 to 64 bytes in base64."),
    "encryption_required": _("Passwords and mails may not travel unencrypted to this server. Choose STARTTLS or TLS."),
    "invalid_url": _("This is not a web address; it must begin with http:// or https://."),
    "address_forbidden": _("This address lies inside the network of this installation, which nothing is sent to."),
    "https_required": _("This address must begin with https://."),
    "placeholder_in_host": _("Placeholders may stand only behind the name of the server."),
    "unknown_placeholder": _("There is no placeholder %(placeholder)s."),
    "malformed_placeholder": _("This placeholder cannot be read: %(placeholder)s."),
    "reserved_payload": _("A payload may not begin with “%(prefix)s”."),
    "url_or_payload": _("A button needs an address to open, a payload or an action."),
    "url_and_payload": _("A button has either an address or a payload, not both."),
    "url_with_action": _("A button has either an address or an action, not both."),
    "not_found": _("There is no such thing in this workspace."),
    "ambiguous": _("Several have this name; give the id."),
    "duplicate": _("This stands here twice."),
    "name_taken": _("Another one has this name already."),
    "same_channel": _("One person has one contact on each channel, and this would be a second."),
    "address_taken": _("Somebody has this address on this channel already: %(name)s"),
    "unknown_time_zone": _("There is no time zone “%(value)s”; write it like Europe/Paris."),
    "in_the_past": _("This moment has passed."),
    "in_the_future": _("This moment lies in the future."),
    "not_together": _("These values cannot be given together."),
    "unknown_kind": _("There is no channel of the kind “%(value)s”."),
    "cannot_change": _("This value cannot be changed any more."),
    "event_is_noticed": _("Sequencer notices this by itself; tell of it by interactions/."),
    "parameter_count": _("This template takes %(needed)s parameters, not %(given)s."),
    "no_sub_flows_there": _("No sub-flows live on this kind of channel."),
    "in_use": _("This is still in use."),
    "key_is_over": _("This key works no more: make a new one."),
    "contact_erased": _("This person was erased: nothing is known of them any more."),
    "endpoint_disabled": _("This webhook endpoint is disabled; enable it first."),
}
_OF_STEPS: dict[str, Promise] = {
    "window_is_empty": _("The send window starts when it ends; choose two different times."),
    "window_needs_both": _("A send window needs both a start and an end."),
    "already_done": _("This person has had this message."),
    "step_is_off": _("This message is switched off."),
    "no_weekday": _("Choose at least one weekday."),
    "delay_negative": _("A message cannot wait for a negative time."),
    "delay_too_long": _("A message can wait %(max)s days at most."),
    "immediately_takes_no_amount": _("“Immediately” takes no amount."),
}
_OF_CALLS: dict[str, Promise] = {
    "invalid": _("Some values cannot be accepted."),
    "malformed_json": _("The body is not valid JSON."),
    "body_too_large": _("The body is too large."),
    "unauthorized": _("Give a valid API key: Authorization: Bearer <key>."),
    "forbidden": _("This key does not have the scope that the call needs: %(scopes)s."),
    "method_not_allowed": _("This address does not know the method %(method)s."),
    "unsupported_media_type": _("Send JSON, with the header Content-Type: application/json."),
    "changed_meanwhile": _("Somebody changed this since you read it; read it again."),
    "conflict": _("Somebody changed the same thing at the same moment; look again and repeat."),
    "idempotency_key_in_use": _("A call with this Idempotency-Key is still running; repeat it in a moment."),
    "idempotency_key_reused": _("This Idempotency-Key was used for another call; give each call a key of its own."),
    "throttled": _("Too many calls with this key; try again later."),
    "internal_error": _("Something went wrong on our side. It has been noted."),
}
_SENTENCES: dict[str, Promise] = {
    **_OF_DELIVERIES,
    **_OF_WAITING,
    **_OF_ENDS,
    **_OF_CHANNELS,
    **_OF_SUBSCRIBING,
    **_OF_DOUBTS,
    **_OF_TESTS,
    **_OF_INPUT,
    **_OF_STEPS,
    **_OF_CALLS,
}
_EXPECTED: dict[str, Promise] = {
    "text": _("text"),
    "list": _("a list"),
    "object": _("an object"),
    "number": _("a whole number"),
    "boolean": _("true or false"),
}
_NOTHING_KNOWN = _("This value cannot be accepted (%(code)s).")


def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code in the current language; one for an unknown code too, which names it."""
    values = dict(params or {})
    if values.get("expected") in _EXPECTED:
        values["expected"] = _EXPECTED[values["expected"]]
    template = _SENTENCES.get(code)
    if template is None:
        return str(_NOTHING_KNOWN) % {"code": code}
    return str(template) % _Params(values)


class _Params(dict[str, Any]):
    """A sentence is never lost because a param of it was forgotten."""

    def __missing__(self, key: str) -> str:
        return "?"
