"""What each problem means, at the address that its `type` names."""

from html import escape

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from tidegauge.ingest.problem import SLUGS, ProblemError

router = APIRouter(include_in_schema=False)


@router.get("/problems/{slug}")
def explain(slug: str) -> Response:
    told = SLUGS.get(slug)
    if told is None:
        raise ProblemError("not-found", "there is no such problem")
    title, help_ = escape(told.title), escape(told.help)
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
        "<body style='font:16px/1.5 system-ui;max-width:40em;margin:3em auto;padding:0 1em'>"
        f"<h1>{title}</h1><p>Status {told.status}, code <code>{slug}</code>.</p><p>{help_}</p>",
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
    )
