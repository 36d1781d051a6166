"""The version of this code, as operators see it."""

VERSION = "0"
