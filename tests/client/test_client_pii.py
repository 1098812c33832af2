"""Personal data does not leave the process."""

import pytest


def logged(server, make, pii, **fields):
    client = make(server.url, pii=pii, pii_key="a key", compression=None)
    client.log(**{"model_id": "m", "prediction_id": "p", **fields})
    assert client.flush()
    assert dict(client.stats().dropped) == {}
    return server.records()[0], server.requests[0].body


def test_what_is_dropped_is_not_there(server, make):
    record, body = logged(
        server,
        make,
        {"email": "drop", "*ssn*": "drop", "texts": "drop", "address.*": "drop"},
        features={
            "Email": "canary@x",
            "US_SSN_1": 123456789,
            "age": 41,
            "address": {"zip": "canary"},
        },
        tags={"email": "canary@y", "plan": "pro"},
        texts={"body": "canary"},
        shap_values={"Email": 0.5, "age": 0.25},
    )
    assert record["features"] == {"age": 41}
    assert record["tags"] == {"plan": "pro"}
    assert record["shap_values"] == {"age": 0.25}
    assert "texts" not in record
    assert b"canary" not in body
    assert b"123456789" not in body


def test_what_is_hashed_is_the_same_everywhere_and_no_more(server, make):
    client = make(
        server.url, pii={"*_id": "hash", "card": "hash", "error": "hash"}, pii_key="a key"
    )
    client.log(
        model_id="m",
        prediction_id="canary-1",
        user_id="canary-2",
        features={"card": 4111, "Card": "4111"},
        error="canary-3",
    )
    client.log_actual(model_id="m", prediction_id="canary-1", actual_label=1)
    client.log_feedback(model_id="m", prediction_id="canary-1", user_id="canary-2", page_views=1)
    assert client.flush()
    (prediction,), (label,), (feedback,) = (
        server.records(kind) for kind in ("predictions", "labels", "feedback")
    )
    assert prediction["model_id"] == "m"
    assert prediction["prediction_id"] == label["prediction_id"] == feedback["prediction_id"]
    assert prediction["user_id"] == feedback["user_id"]
    hashes = [prediction[name] for name in ("prediction_id", "user_id", "error")]
    hashes += [*prediction["features"].values()]
    assert all(each.startswith("hmac-") and len(each) == 37 for each in hashes)
    # A number and its text are the same card.
    assert len(set(hashes)) == 4
    assert all(b"canary" not in each.body for each in server.requests)


def test_another_key_is_another_hash(server, make):
    for key in ("one", "two"):
        client = make(server.url, pii={"user_id": "hash"}, pii_key=key)
        client.log(model_id="m", user_id="u")
        assert client.flush()
    first, second = server.records()
    assert first["user_id"] != second["user_id"]


def test_the_key_may_come_from_the_environment(server, make, monkeypatch):
    monkeypatch.setenv("TIDEGAUGE_PII_KEY", "from there")
    client = make(server.url, pii={"user_id": "hash"}, strict=True)
    client.log(model_id="m", user_id="u")
    assert client.flush()
    assert "from there" not in repr(client._settings)


@pytest.mark.parametrize("name", ["metadata.*", "tags.mail", "MAIL"])
def test_a_pattern_may_name_a_field_as_others_do(name, server, make):
    record, _ = logged(server, make, {name: "drop"}, metadata={"mail": "x"})
    assert not record.get("tags")


def test_what_has_no_hash_is_left_out(server, make):
    record, _ = logged(
        server,
        make,
        {"prediction_score": "hash", "face": "hash", "prediction_labels": "hash"},
        prediction_score=0.5,
        embeddings={"face": [0.5, 0.25]},
        prediction_labels=["a", "b"],
    )
    assert "prediction_score" not in record
    assert not record.get("embeddings")
    assert all(each.startswith("hmac-") for each in record["prediction_labels"])


def test_what_the_client_says_of_a_bad_value_is_not_the_value(server, make, words):
    client = make(server.url)
    client.log(
        model_id="m", prediction_score="canary", features={"a": ["canary"]}, user_id="x" * 999
    )
    client.log(model_id="canary bad", tags={"a": {"canary": 1}})
    assert client.flush()
    assert words()
    assert not any("canary" in each for each in words())
