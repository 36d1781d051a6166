"""French dates in one style, short enough for a list: 30 nov. 2026, 09:00."""

DATETIME_FORMAT = "j N Y, H:i"
SHORT_DATE_FORMAT = "j N Y"
SHORT_DATETIME_FORMAT = "j N Y, H:i"
