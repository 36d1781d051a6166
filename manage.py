#!/usr/bin/env python
"""Sequencer's commands: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

from sequencer.env import EnvironmentRefused

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sequencer.settings")
    try:
        execute_from_command_line(sys.argv)
    except EnvironmentRefused as refusal:
        sys.exit(f"Sequencer does not start: {refusal}")
