"""The sentences of the codes with which a workspace's own actions refuse."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "last_owner": _("A workspace needs an owner: make somebody else an owner first."),
    "already_member": _("This person is a member already."),
    "invalid_email": _("This is not an e-mail address."),
    "wrong_user": _("This invitation is for another e-mail address. Log out, then open its link again."),
    "invitation_over": _("This invitation was used already, or has ended. Ask for a new one."),
}
