"""The middleware, the dependency and MLflow's wrapper."""

import asyncio
import json
import pickle
import subprocess
import sys

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.applications import Starlette
from starlette.routing import Route

from tidegauge.client.integrations.asgi import TidegaugeMiddleware, prediction_logger
from tidegauge.client.integrations.mlflow import Monitored, monitored
from tidegauge.client.integrations.recorder import Recorder


def ask(app, method, path, **more):
    async def asked():
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


def test_a_route_says_what_it_predicted(server, make):
    client = make(server.url)

    async def score(request):
        told = request.state.tidegauge.log(features={"a": 1}, prediction_score=0.5)
        return JSONResponse({"id": told})

    app = Starlette(routes=[Route("/score", score)])
    app.add_middleware(TidegaugeMiddleware, client=client, model_id="m", model_version="2")
    answer = ask(app, "GET", "/score")
    assert client.flush()
    (record,) = server.records()
    assert record["prediction_id"] == answer.json()["id"]
    assert record["model_version"] == "2"
    assert record["status"] == "ok"
    assert record["prediction_latency_ms"] > 0


def test_a_request_that_fails_says_so(server, make):
    client = make(server.url)
    app = FastAPI()
    app.add_middleware(TidegaugeMiddleware, client=client)

    @app.get("/raises")
    async def raises(request: Request):
        request.state.tidegauge.log(model_id="m", features={"a": 1})
        raise ZeroDivisionError("canary")

    @app.get("/refuses")
    async def refuses(request: Request):
        request.state.tidegauge.log(model_id="m", features={"a": 2})
        return JSONResponse({}, status_code=503)

    assert ask(app, "GET", "/raises").status_code == 500
    assert ask(app, "GET", "/refuses").status_code == 503
    assert client.flush()
    first, second = sorted(server.records(), key=lambda each: each["features"]["a"])
    assert (first["status"], first["error"]) == ("error", "ZeroDivisionError")
    assert second["status"] == "http-503"


def test_paths_that_are_captured_need_no_word(server, make):
    client = make(server.url)
    app = FastAPI()
    app.add_middleware(TidegaugeMiddleware, client=client, capture={"/predict": "m"})

    @app.post("/predict/{name}")
    async def predict(name: str, request: Request):
        await request.json()
        if name == "plain":
            return JSONResponse({"prediction": "yes", "confidence": 0.5, "took": 3})
        return JSONResponse({"prediction_score": 0.25})

    @app.post("/predictions")
    async def other():
        return {}

    body = {"age": 41, "plan": "pro"}
    assert ask(app, "POST", "/predict/plain", json=body).json()["took"] == 3
    nested = {"features": body, "user_id": "u", "prediction_id": "mine", "else": 1}
    ask(app, "POST", "/predict/nested", json=nested)
    ask(app, "POST", "/predict/plain", content=b"not json", headers={"a": "b"})
    ask(app, "POST", "/predictions", json=body)
    assert client.flush()
    plain, nested = server.records()
    assert plain["features"] == body
    assert (plain["prediction_label"], plain["confidence"]) == ("yes", 0.5)
    assert nested["features"] == body
    assert (nested["user_id"], nested["prediction_id"]) == ("u", "mine")
    assert nested["prediction_score"] == 0.25
    assert dict(client.stats().dropped) == {"invalid": 1}


def test_bodies_that_are_too_large_pass_and_are_counted(server, make):
    client = make(server.url)

    async def app(_scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 2_000_000})

    wrapped = TidegaugeMiddleware(app, client=client, capture={"/": "m"})
    assert len(ask(wrapped, "POST", "/a", content=b"{}").content) == 2_000_000
    assert client.flush()
    assert dict(client.stats().dropped) == {"too_large": 1}


def test_what_is_not_http_passes(make, server):
    client = make(server.url)
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope["type"])

    wrapped = TidegaugeMiddleware(app, client=client, model_id="m", capture={"/": "m"})
    asyncio.run(wrapped({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]


def test_a_dependency_of_fastapi(server, make):
    client = make(server.url)
    app = FastAPI()
    logger = prediction_logger(client, model_id="m")

    @app.get("/score")
    async def score(a: int, recorder: Recorder = Depends(logger)):  # noqa: B008, FAST002
        recorder.log(features={"a": a}, prediction_label=a > 1)
        if a > 5:
            raise ValueError(a)
        return {"ok": True}

    assert ask(app, "GET", "/score?a=3").json() == {"ok": True}
    assert ask(app, "GET", "/score?a=7").status_code == 500
    assert client.flush()
    good, bad = sorted(server.records(), key=lambda each: each["features"]["a"])
    assert good["status"] == "ok"
    assert good["prediction_label"] is True
    assert bad["error"] == "ValueError"


class PythonModel:
    """As one writes it for MLflow."""

    def predict(self, context, model_input, params=None):
        return [context + sum(row) + (params or {}).get("plus", 0) for row in model_input]


def test_a_model_of_mlflow_carries_its_watching(server, monkeypatch):
    monkeypatch.setenv("TIDEGAUGE_URL", server.url)
    monkeypatch.setenv("TIDEGAUGE_API_KEY", "key")
    model = monitored(PythonModel(), model_id="m", model_version="3", feature_names=["a", "b"])
    model.load_context(None)
    model = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    assert isinstance(model, Monitored)
    assert model.predict(0.5, [[1, 2], [3, 4]]) == [3.5, 7.5]
    assert model.predict(0.5, [[1, 2]], {"plus": 1}) == [4.5]
    client = model.client
    assert client.flush()
    assert [each["prediction_score"] for each in server.records()] == [3.5, 7.5, 4.5]
    assert server.records()[1]["features"] == {"a": 3, "b": 4}
    assert pickle.dumps(model)
    client.close()


@pytest.mark.parametrize("module", ["asgi", "mlflow", "recorder"])
def test_an_integration_loads_no_framework(module):
    script = f"""
import json, sys
import tidegauge.client.integrations.{module}
heavy = ("starlette", "fastapi", "mlflow", "numpy")
print(json.dumps([each for each in heavy if each in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
