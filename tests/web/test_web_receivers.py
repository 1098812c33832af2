"""Other systems' senders, over a real connection."""

import base64

import httpx
from serving import Server


def test_a_logger_that_knows_an_address_only_is_let_in(tmp_path):
    with Server(tmp_path / "data") as server:
        events = {
            "request": {"instances": [[1.5, 2.5]]},
            "response": {"predictions": [1]},
        }
        address = server.url.replace("://", f"://any:{server.admin}@")
        for half, body in events.items():
            answer = httpx.post(
                f"{address}/api/v1/receivers/kserve",
                json=body,
                headers={
                    "ce-specversion": "1.0",
                    "ce-type": f"org.kubeflow.serving.inference.{half}",
                    "ce-id": "call",
                    "ce-inferenceservicename": "fraud",
                    "ce-source": "x",
                },
            )
            assert answer.status_code == 200, answer.text
        basic = base64.b64encode(f"any:{server.admin}".encode()).decode()
        elsewhere = httpx.post(
            f"{server.url}/api/v1/predictions", json={}, headers={"Authorization": f"Basic {basic}"}
        )
        assert elsewhere.status_code == 401
        server.stop()
        pieces = [piece for batch in server.batches() for piece in batch.pieces]
    assert [(piece.kind, piece.model, piece.rows) for piece in pieces] == [
        ("halves", "fraud", 1),
        ("halves", "fraud", 1),
    ]
