"""The shell: settings, addresses, workspaces. Clocks are read from the pinned time zone database on every machine."""

import zoneinfo

zoneinfo.reset_tzpath(to=())
