"""Every address of residents' pages, health and simulator."""

from collections.abc import Mapping

from aiohttp import web

from bot.web import health, landing, oauth, preferences, signin, simulator
from bot.web.pictures import UPLOAD_BYTES_MAX
from bot.web.resident import articles, board, cases, me, mydata, report

ROUTES: list[web.RouteDef] = [
    web.get("/", landing.show_landing),
    web.get("/healthz", health.show_alive),
    web.get("/readyz", health.show_ready),
    web.get("/metrics", health.show_metrics),
    web.get("/l/{token}", signin.show_link),
    web.post("/l/{token}", signin.follow_link),
    web.post("/leave", signin.leave),
    web.get("/oauth/wechat", oauth.start),
    web.get("/oauth/wechat/back", oauth.come_back),
    web.post("/type-size", preferences.change_type_size),
    web.get("/me", me.show_me),
    web.get("/me/cases", cases.show_my_cases),
    web.get("/me/data", mydata.show_my_data),
    web.get("/me/data.json", mydata.export_json),
    web.get("/me/data.zip", mydata.export_zip),
    web.post("/me/deletion", mydata.ask_to_delete),
    web.get("/cases/{id}", cases.show_case),
    web.get("/cases/{id}/files/{file}", cases.show_file),
    web.post("/cases/{id}/confirm", cases.confirm),
    web.post("/cases/{id}/rating", cases.rate),
    web.post("/cases/{id}/words", cases.say),
    web.post("/cases/{id}/answer", cases.take_answer),
    web.post("/cases/{id}/photos", cases.add_photo),
    web.post("/cases/{id}/withdraw", cases.withdraw),
    web.post("/cases/{id}/withdraw/undo", cases.undo_withdraw),
    web.post("/cases/{id}/reopen", cases.reopen),
    web.get("/cases/{id}/latest", cases.show_latest),
    web.get("/report", report.show_form),
    web.post("/report", report.send),
    web.post("/report/guess", report.guess),
    web.get("/articles/{id}", articles.show_article),
    web.get("/answers/{code}", articles.show_articles),
    web.get("/board", board.find_board),
    web.get("/board/{code}", board.show_board),
    web.post("/board/{code}/{id}/join", board.join),
]

SIMULATOR_ROUTES: list[web.RouteDef] = [
    web.get("/simulator", simulator.show_simulator),
    web.post("/simulator", simulator.send_line),
    web.get("/simulator/lines", simulator.stream_lines),
    web.get("/simulator/pictures/{line}", simulator.show_picture),
    web.post("/simulator/open", simulator.open_page),
]

UPLOADS: Mapping[str, int] = {
    "/report": UPLOAD_BYTES_MAX,
    "/cases/{id}/confirm": UPLOAD_BYTES_MAX,
    "/cases/{id}/photos": UPLOAD_BYTES_MAX,
    "/simulator": UPLOAD_BYTES_MAX,
}
"""Patterns of ROUTES that take files, with the most bytes a whole request may have."""
