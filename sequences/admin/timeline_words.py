"""A timeline as lines that people read: when, what, and why, on the person's own clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

from channels.admin.kinds import kind_label
from channels.messages import Route
from sequences.admin.elsewhere_words import elsewhere_of
from sequences.admin.finding_words import WORDS
from sequences.rules import timing
from sequences.rules.reasons import Reason
from sequences.rules.timeline import Entry, Outcome, PlannedStep, is_late
from sequences.rules.zones import Zone, ZoneSource

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Badge:
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is start, send, held, skip, hold, stop, unclear or unreached."""

    kind: str
    title: str = ""
    moment: str = ""
    badges: tuple[Badge, ...] = ()
    why: str = ""
    is_late: bool = False


def line_of(entry: Entry, step: PlannedStep, title: str, zone: tzinfo, *, now: datetime) -> Line:
    if entry.sends_at is None or entry.countdown_ends_at is None:
        return Line("unreached", title, why=_("does not come this far"))
    badges, reasons = [], []
    kind = entry.outcome.value
    if entry.is_held:
        kind = "held" if kind == "send" else kind
        badges.append(Badge("held", _("held %(time)s") % {"time": duration(entry.sends_at - entry.countdown_ends_at)}))
        reasons.append(_why_held(entry, step, zone, now))
    badge = _badge(entry)
    if entry.via:
        badges.append(Badge("way", _("by %(channel)s") % {"channel": kind_label(entry.via.kind)}))
        reasons.append(elsewhere_of(entry.via, entry.instead_because))
    reasons += [_why_so(entry, step)] if not entry.via and (is_late(step, entry.sends_at) or entry.reason) else []
    return Line(
        kind,
        title,
        moment_of(entry.sends_at, zone, now=now),
        (*badges, *([badge] if badge else [])),
        "; ".join(reason for reason in reasons if reason),
        is_late=entry.via is None and is_late(step, entry.sends_at),
    )


def failing(line: Line, code: str) -> Line:
    """The line of a message that would go, were it not for its sub-flow; `code` as in finding_words.py."""
    if line.kind not in ("send", "held"):
        return line
    why = "; ".join(filter(None, (line.why, str(WORDS[code]))))
    return replace(line, badges=(*line.badges, Badge("bad", _("would fail"))), why=why)


def zone_words(zone: Zone) -> str:
    match zone.came_from:
        case ZoneSource.CONTACT:
            return _("Times in %(zone)s, the person's own zone.") % {"zone": zone.name}
        case ZoneSource.UTC_OFFSET:
            return _("Times in %(zone)s, as the channel tells it of the person.") % {"zone": zone.name}
    return _("Times in %(zone)s, the workspace's zone: the person's own is not known.") % {"zone": zone.name}


def moment_of(moment: datetime, zone: tzinfo, *, now: datetime) -> str:
    """ "Fri 27 Nov 17:10" on that clock; with the year where it is another one."""
    local = moment.astimezone(zone)
    is_this_year = local.year == now.astimezone(zone).year
    return formatted(local, _("D j M H:i") if is_this_year else _("D j M Y H:i"))


def duration(length: timedelta) -> str:
    """ "50 min", "61 h 50", "5 d 3 h": as exact as anybody needs."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 100:
        return _("%(hours)s h %(minutes)02d") % {"hours": hours, "minutes": minutes} if minutes else _hours(hours)
    days, hours = divmod(hours, 24)
    return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours}


def _hours(hours: int) -> str:
    return _("%(hours)s h") % {"hours": hours}


def _badge(entry: Entry) -> Badge | None:
    match entry.outcome:
        case Outcome.SKIP:
            return Badge("bad", _("skipped"))
        case Outcome.HOLD:
            return Badge("bad", _("holds"))
        case Outcome.STOP:
            return Badge("bad", _("stops"))
    if entry.route == Route.UTILITY_TEMPLATE:
        return Badge("way", _("as a template"))
    return Badge("way", _("with a tag")) if entry.route == Route.MESSAGE_TAG else None


def _why_held(entry: Entry, step: PlannedStep, zone: tzinfo, now: datetime) -> str:
    ready, schedule = entry.countdown_ends_at, step.settings.schedule
    if ready is None or entry.sends_at is None:
        return ""
    if timing.is_open(ready, schedule, zone):
        # Inside its hours, and yet later: it was overdue when this was asked.
        return _("ready since %(moment)s") % {"moment": moment_of(ready, zone, now=now)}
    words = {"moment": moment_of(ready, zone, now=now)}
    if schedule.window_start is None or schedule.window_end is None:
        return _("ready %(moment)s, a day on which it may not go") % words
    words["hours"] = f"{schedule.window_start:%H:%M}–{schedule.window_end:%H:%M}"
    if timing.why_closed(ready, schedule, zone) == timing.WEEKDAY_CLOSED:
        return _("ready %(moment)s, a day on which it may not go; then %(hours)s") % words
    if timing.first_open(ready, replace(schedule, weekdays=timing.ALL_DAYS), zone) < entry.sends_at:
        return _("ready %(moment)s, outside %(hours)s, then days on which it may not go") % words
    return _("ready %(moment)s, outside %(hours)s") % words


def _why_so(entry: Entry, step: PlannedStep) -> str:
    if entry.reason == Reason.CONTACT_GONE:
        return _("the person opted out or blocked the channel")
    wrote_at, at = step.reply_rule.last_interaction_at, entry.sends_at
    if wrote_at is None or at is None:
        age = _("they never wrote")
    else:
        age = _("more than 24 hours after their last message (%(age)s)") % {"age": duration(at - wrote_at)}
    match entry.outcome:
        case Outcome.HOLD:
            return _("%(age)s: waits until they write") % {"age": age}
        case Outcome.STOP:
            return _("%(age)s: ends the sequence for them") % {"age": age}
    if entry.reason == Reason.NO_UTILITY_TEMPLATE:
        return _("%(age)s, and the sub-flow has no approved template") % {"age": age}
    return age
