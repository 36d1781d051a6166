from __future__ import annotations

from sequencer.workspaces.models import User


def save_profile(user: User, *, name: str, language: str) -> None:
    """What people decide about themselves; "" as language follows the browser."""
    User.objects.filter(pk=user.pk).update(name=name.strip(), language=language)
