"""Calls whose request and response come apart: joined, counted and kept once, over restarts."""

import random

import orjson
import pytest
from worker_case import START, prediction

from tidegauge.log import Batch, Piece
from tidegauge.window import MINUTE, SECOND


def halves(number):
    whole = prediction(random.Random(number), number, at=START + number * SECOND)
    request = {k: whole[k] for k in ("model_id", "prediction_id", "timestamp", "features")}
    response = {k: whole[k] for k in ("model_id", "prediction_id", "prediction_label")}
    return request | {"half": "request"}, response | {"half": "response"}


def send(case, records, at):
    body = orjson.dumps(records)
    piece = Piece(kind="halves", model="m", rows=len(records), encoding="json", body=body)
    case.log.append(Batch(tenant="default", at=at, pieces=(piece,))).result()


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_over_restarts(case, seed):
    chance = random.Random(seed)
    case.pin("m", [prediction(chance, n) for n in range(100)])
    waiting = [half for number in range(60) for half in halves(number)]
    chance.shuffle(waiting)
    for number, half in enumerate(waiting):
        send(case, [half], START + number * SECOND)
        if chance.random() < 0.2:
            case.count()
        if chance.random() < 0.1:
            case.restart()
    case.count()
    found = {row["prediction_id"]: row for row in case.rows("m")}
    assert len(found) == len(case.rows("m")) == 60
    assert all("features.amount" in row and "prediction_label" in row for row in found.values())
    counted = [rows for key, (rows, _t, _p) in case.windows("m").items() if key[2] == 60]
    assert sum(counted) == 60


def test_a_half_that_stays_alone_counts_with_what_it_has(case):
    case.pin("m", [prediction(random.Random(1), n) for n in range(100)])
    request, _response = halves(1)
    send(case, [request], START)
    case.count()
    assert case.rows("m") == []
    case.restart()
    send(case, list(halves(2)), START + 11 * MINUTE * SECOND)
    case.count()
    assert {row["prediction_id"] for row in case.rows("m")} == {"m-1", "m-2"}
