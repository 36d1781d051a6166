"""People who log in: by e-mail, with a language and the workspace they looked at last."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Store a user whose e-mail is kept in lower case; without a password nobody can log in as them."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """What somebody may do is decided by their memberships alone: there is no superuser."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=8, blank=True, choices=[("en", "English"), ("fr", "Français")]
    )
    is_active = models.BooleanField(_("active"), default=True)
    last_workspace = models.ForeignKey(
        "workspaces.Workspace",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("last workspace"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The admin's menu asks; without a name it shows the e-mail."""
        return self.name

    @property
    def is_staff(self) -> bool:
        """Django's admin asks; our own site asks for a membership instead."""
        return self.is_active

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """No permission rows: roles decide, in access.py."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False
