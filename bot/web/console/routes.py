"""Every address of the console."""

from collections.abc import Mapping

from aiohttp import web

ROUTES: list[web.RouteDef] = []

UPLOADS: Mapping[str, int] = {}
"""Patterns of ROUTES that take files, with the most bytes a whole request may have."""
