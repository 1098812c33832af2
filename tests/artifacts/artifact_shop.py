"""A source, a clock and models that tests can steer, and that know when they were wronged."""

import threading
from dataclasses import dataclass, field

from tidegauge.artifacts import LATEST, Artifact
from tidegauge.errors import UnreadableError


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self):
        return self.now


class Model:
    def __init__(self, artifact):
        self.artifact = artifact
        self.unloads = 0
        self.in_use = 0


@dataclass
class Shop:
    """Versions by model; each is of the size that `sizes` says, else of 1 byte."""

    newest: dict = field(default_factory=dict)
    sizes: dict = field(default_factory=dict)
    digests: dict = field(default_factory=dict)
    broken: set = field(default_factory=set)
    is_down: bool = False
    finds: int = 0
    loaded: list = field(default_factory=list)
    unloaded: list = field(default_factory=list)
    wronged: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, model_id, entity, version):
        self.finds += 1
        if self.is_down:
            raise ConnectionError("the shop is shut")
        if version == LATEST:
            version = self.newest.get(model_id, "1")
        if version == "never":
            raise UnreadableError("no such version")
        return Artifact(
            model_id=model_id,
            entity=entity,
            version=version,
            location=f"shop://{model_id}",
            size_bytes=self.sizes.get(model_id, 1),
            digest=self.digests.get((model_id, version), ""),
        )

    def load(self, artifact):
        if (artifact.model_id, artifact.version) in self.broken:
            raise ValueError("half a file")
        model = Model(artifact)
        with self.lock:
            self.loaded.append(model)
        return model

    def unload(self, model):
        # A cache logs what an unload raises: so it is written down.
        with self.lock:
            if model.in_use or model.unloads:
                self.wronged.append(model)
            model.unloads += 1
            self.unloaded.append(model)
