"""`resume_after_restore`: after a backup was put back or a replica promoted, says what may have gone already."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sequences.actions.carry_out_trial import give_up_restored_trials
from sequences.actions.epoch import ResumeUnderWay, resume_after_restore
from sequences.actions.runs import RunLost
from sequences.worker import database_clock


class Command(BaseCommand):
    help = "Let sending go on with a restored database; messages that may have gone already become unknown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from",
            dest="since",
            required=True,
            metavar="now|backup|TIME",
            help="now: whatever came due until now may have gone. TIME (2026-11-29T14:00+01:00): what came due until "
            "then may have gone, the rest goes. backup: nothing went since the backup, all of it goes.",
        )

    def handle(self, *args: Any, since: str, **options: Any) -> None:
        now = database_clock()
        until = _until(since, now)
        give_up_restored_trials(now=now)
        try:
            marked = resume_after_restore(until=until, clock=database_clock)
        except ResumeUnderWay as error:
            raise CommandError("Somebody runs this command already, or did within the last seconds.") from error
        except RunLost as error:
            raise CommandError("This took too long and was given up; nothing is sent yet. Run it again.") from error
        self.stdout.write(f"Sending goes on. {marked} messages that may have gone already are marked as unknown.")


def _until(text: str, now: datetime) -> datetime | None:
    if text in ("now", "backup"):
        return now if text == "now" else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--from must be now, backup or a time like 2026-11-29T14:00+01:00.") from error
    if moment.tzinfo is None or moment > now:
        raise CommandError("--from needs a time with its zone, like 2026-11-29T14:00+01:00, that has passed.")
    return moment
