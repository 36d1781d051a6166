"""The fields of what only one kind of channel has: its own settings and credentials, and the words for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from channels.backends.base import Setting, SettingKind

ONLY_WITHIN_24_HOURS = _(
    "Messages of the content type Default / Other go only within 24 hours of the person's last word, as Messenger, "
    "Instagram and WhatsApp want it. Switch it off for a bot on a channel without that rule, such as Telegram or SMS."
)
# By the names that backends declare: label, and what is said below the field.
SETTINGS: dict[tuple[str, str], tuple[Promise, Promise | str]] = {
    ("sms", "from"): (_("Sender"), _("Your number at Twilio with its plus sign, a short code, or a name.")),
    ("sms", "messaging_service_sid"): (
        _("Messaging service"),
        _("Its SID, when Twilio shall choose the number. Then no sender is needed."),
    ),
    ("viber", "sender_name"): (
        _("Name of the sender"),
        _("What people read above your messages, at most 28 characters."),
    ),
    ("viber", "sender_avatar"): (_("Picture of the sender"), _("Its https address, if you have one.")),
    ("webhook", "url"): (_("Address of the receiver"), _("Its https address. Messages are posted there, signed.")),
    ("webhook", "former_secret"): (
        _("After a change of the secret"),
        _("Both secrets sign for so long, so that the receiver may change to the new one in between."),
    ),
    ("email", "sender"): (_("Sender"), _("The address that your e-mails come from.")),
    ("email", "sender_name"): (_("Name of the sender"), _("What people read beside the subject.")),
    ("email", "reply_to"): (_("Answers to"), _("Where answers go, if not to the sender.")),
    ("email", "postal_address"): (
        _("Postal address"),
        _("Stands below every e-mail. Many countries ask for it in advertising."),
    ),
    ("email", "unsubscribe_to"): (
        _("Mailbox for unsubscribing"),
        _("Only if somebody reads it: some e-mail programs write there instead of opening the link."),
    ),
    ("email", "service"): (_("Sent by"), _("Your own e-mail server, or a service that you have an account with.")),
    ("email", "host"): (_("E-mail server"), _("Its name; only for your own e-mail server.")),
    ("email", "port"): (_("Port"), _("Empty: 587 for STARTTLS, 465 for TLS, 25 without encryption.")),
    ("email", "security"): (
        _("Encryption"),
        _("Empty: STARTTLS. Without encryption only to addresses that whoever runs this installation has allowed."),
    ),
    ("email", "sending_domain"): (_("Sending domain"), _("Only for Mailgun: the domain that you send from there.")),
    ("sandbox", "reply_window"): (
        _("24-hour rule"),
        _("Behave like a channel that lets you write freely for 24 hours after the person's last message."),
    ),
    ("uchat", "reply_window"): (_("24-hour rule"), ONLY_WITHIN_24_HOURS),
    ("manychat", "reply_window"): (_("24-hour rule"), ONLY_WITHIN_24_HOURS),
    ("instagram", "login"): (
        _("Way of logging in"),
        _("Decides which token is needed: the one of the Page, or the one of Instagram, which lives for 60 days."),
    ),
}
# The choices of settings, by (kind, setting, choice).
CHOICES: dict[tuple[str, str, str], Promise | str] = {
    ("instagram", "login", "page"): _("With the Facebook Page that the account is linked to"),
    ("instagram", "login", "instagram"): _("With Instagram itself, without a Page"),
    ("webhook", "former_secret", "day"): _("The former one signs too for 24 hours"),
    ("webhook", "former_secret", "week"): _("The former one signs too for 7 days"),
    ("webhook", "former_secret", "none"): _("The former one is cut off at once, as after a leak"),
    ("email", "service", "smtp"): _("Your own e-mail server (SMTP)"),
    ("email", "service", "brevo"): "Brevo",
    ("email", "service", "mailgun"): "Mailgun",
    ("email", "service", "mailjet"): "Mailjet",
    ("email", "service", "postmark"): "Postmark",
    ("email", "service", "sparkpost"): "SparkPost",
    ("email", "security", "starttls"): "STARTTLS",
    ("email", "security", "tls"): "TLS",
    ("email", "security", "none"): _("None"),
}
CREDENTIALS: dict[str, Any] = {
    "page_id": _("Page id"),
    "page_access_token": _("Page access token"),
    "app_secret": _("App secret"),
    "verify_token": _("Verify token"),
    "phone_number_id": _("Phone number id"),
    "business_account_id": _("WhatsApp Business account id"),
    "access_token": _("Access token"),
    "instagram_account_id": _("Instagram account id"),
    "bot_token": _("Bot token"),
    "secret_token": _("Secret token of the webhook"),
    "channel_access_token": _("Channel access token"),
    "channel_secret": _("Channel secret"),
    "account_sid": "Account SID",
    "auth_token": _("Auth token"),
    "api_token": _("API token"),
    "api_key": _("API key"),
    "api_key_sid": _("SID of an API key"),
    "api_key_secret": _("Secret of the API key"),
    "signing_secret": _("Signing secret"),
    "user": _("User name at the e-mail server"),
    "password": _("Password at the e-mail server"),
    "api_secret": _("Second key of the service (Mailjet)"),
    "webhook_secret": _("Secret of the service's reports"),
}


def own_setting(kind: str, setting: Setting, stored: Mapping[str, Any]) -> forms.Field:
    """The form field of a kind's own setting, with what is stored."""
    label, help_text = SETTINGS[kind, setting.name]
    words: dict[str, Any] = {"label": label, "help_text": help_text, "required": False}
    if setting.kind == SettingKind.YES_NO:
        initial = stored.get(setting.name, setting.default)
        return forms.BooleanField(initial=initial, widget=UnfoldBooleanWidget, **words)
    words["initial"] = stored.get(setting.name, "")
    if setting.kind == SettingKind.CHOICE:
        choices = [(choice, CHOICES[kind, setting.name, choice]) for choice in setting.choices]
        blank = [] if setting.is_required else [("", "")]
        return forms.ChoiceField(choices=[*blank, *choices], widget=UnfoldAdminSelectWidget, **words)
    return forms.CharField(widget=UnfoldAdminTextInputWidget({"placeholder": setting.example}), **words)
