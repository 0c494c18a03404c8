"""Names under which an application and a request carry what the pages need."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.house import House
from bot.web.metrics import Metrics
from bot.web.render import Pages
from bot.web.session import Visitor

HOUSE: web.AppKey[House] = web.AppKey("house", House)
PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)
METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)
CLOSING: web.AppKey[asyncio.Event] = web.AppKey("closing", asyncio.Event)
"""Set when the server stops, so that streams end at once."""

SceneCodes = Callable[[str, Sequence[str], int], Awaitable[list[str]]]
SCENES: web.AppKey[SceneCodes] = web.AppKey("scenes")
"""Gives the addresses of scannable codes: (community code, scenes, days); absent without channels
that have such codes, and "" where one could not be had."""

VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor", Visitor)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
