"""Photographs of products, sorted into categories: embeddings of 32 numbers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.arrow import Chunked, pa
from tidegauge.demo import draws
from tidegauge.demo.made import NEVER, Fault, Late, Made, Seeded
from tidegauge.demo.season import DAYS, HOURS, daily, weekly

SIZE = 32
CATEGORIES = ("chair", "lamp", "sofa", "table", "shelf", "rug", "mirror", "vase")
CAMERAS = ("studio-a", "studio-b", "phone", "studio-c")
NEW = "studio-c"
_SHARES = (0.2, 0.16, 0.12, 0.15, 0.11, 0.1, 0.07, 0.09)
_SHOPS = ("north", "south", "online")


@dataclass(frozen=True)
class ProductImages(Seeded):
    model_id: ClassVar[str] = "product-images"
    task: ClassVar[str] = "multiclass"
    positive: ClassVar[str | None] = None
    about: ClassVar[str] = "Photographs of products, sorted into categories"
    segment: ClassVar[str] = "tags.camera"
    prefix: ClassVar[str] = "pi"
    per_day: ClassVar[float] = 83_000
    latest: ClassVar[int] = 2 * DAYS

    @property
    def camera_since(self) -> int:
        return self.now - 30 * HOURS

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (
            Fault(
                self.model_id,
                self.camera_since,
                f"a new camera, {NEW}, takes two pictures in five",
                "embeddings.image moved away from the reference's centre, features.brightness up,"
                f" confidence down, all where tags.camera is {NEW}",
            ),
        )

    def busy(self, at: Counts) -> Floats:
        return daily(at, 11, 0.75) * weekly(at, (1.25, 1.2, 1.15, 1.15, 1.1, 0.7, 0.45))

    def made(self, chance: np.random.Generator, at: Counts) -> Made:
        n = len(at)
        normal = chance.standard_normal
        centres, shift = _space(self.seed)
        truth = draws.pick(chance, _SHARES, n)
        camera = draws.pick(chance, (0.45, 0.35, 0.2), n)
        is_new = draws.some(chance, 0.4, n) & (at >= self.camera_since)
        camera = np.where(is_new, CAMERAS.index(NEW), camera)
        light = 0.52 + 0.1 * normal(n) + 0.17 * is_new
        image = centres[truth] + 0.8 * normal((n, SIZE)) + np.outer(0.9 * is_new, shift)
        near = 1.4 * (image @ centres.T - (centres**2).sum(axis=1) / 2)
        # What it has not been trained on, it is less sure of.
        near *= np.where(is_new, 0.5, 1.0)[:, None]
        odds = np.exp(near - near.max(axis=1, keepdims=True))
        mix = odds / odds.sum(axis=1, keepdims=True)
        chosen, sure = mix.argmax(axis=1), mix.max(axis=1)
        is_ok, ended = draws.outcomes(chance, 0.008, n)
        is_phone = camera == CAMERAS.index("phone")
        width = np.where(is_phone, 3024, 4096)
        columns = {
            "model_version": draws.texts(("2026.1",), np.zeros(n, np.int64)),
            "features.width": width,
            "features.height": np.where(is_phone, 4032, 4096),
            "features.brightness": draws.present(np.clip(light, 0, 1), 3),
            "features.sharpness": draws.present(chance.gamma(9, 0.1, n) * (1 - 0.3 * is_phone), 3),
            "features.file_kb": draws.present(width * np.exp(-0.9 + 0.25 * normal(n)), 0),
            "features.shop": draws.texts(_SHOPS, draws.pick(chance, (3, 2, 5), n)),
            "embeddings.image": _vectors(image),
            "links.image": pa.array(
                [f"https://images.example/{moment:x}.jpg" for moment in at.tolist()], pa.string()
            ),
            "prediction_label": draws.texts(CATEGORIES, chosen, known=is_ok),
            "prediction_score": draws.present(sure, 4, is_ok),
            "confidence": draws.present(sure, 4, is_ok),
            "prediction_latency_ms": draws.present(draws.latency(chance, 120, self.busy(at)), 1),
            "model_inference_time_ms": draws.present(90 * np.exp(0.2 * normal(n)), 1),
            **ended,
            "tags.camera": draws.texts(CAMERAS, camera),
        }
        # One in eight is looked at by a person, a working day or two later.
        due = at + chance.integers(4 * HOURS, 2 * DAYS, n)
        due[chance.random(n) > 0.125] = NEVER
        return Made(at, columns, labels=Late(due, {"actual_label": draws.texts(CATEGORIES, truth)}))


def _space(seed: int) -> tuple[Floats, Floats]:
    """The centre of each category, and the direction in which the new camera sees."""
    chance = np.random.default_rng([seed, SIZE])
    return chance.standard_normal((len(CATEGORIES), SIZE)) * 0.45, chance.standard_normal(SIZE)


def _vectors(image: Floats) -> Chunked:
    offsets = np.arange(len(image) + 1, dtype=np.int32) * SIZE
    # Three digits are what an embedding is worth, and they pack well.
    values = np.round(image, 3).astype(np.float32).ravel()
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))
