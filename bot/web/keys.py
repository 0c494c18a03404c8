"""Names under which an application and a request carry what the pages need."""

import asyncio

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

VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor", Visitor)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
