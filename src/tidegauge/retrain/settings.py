"""What holds for all retraining of a tenant, where a policy says nothing else."""

from typing import Annotated

from pydantic import Field

from tidegauge.monitor.part import Part
from tidegauge.window import HOUR


class Settings(Part):
    enabled: Annotated[
        bool, Field(description="Off: none starts by itself, and none is taken.")
    ] = True
    max_concurrent_jobs: Annotated[int, Field(ge=1, le=1000)] = 2
    cooldown_period_hours: Annotated[
        float, Field(ge=0, le=2160, description="Of a model, from the end of its last job.")
    ] = 6.0
    min_samples_for_retraining: Annotated[
        int, Field(ge=0, description="With a label, since the last training.")
    ] = 1000
    performance_threshold: Annotated[
        float,
        Field(ge=0, le=1000, description="By so much a candidate has to be better: see `gate`."),
    ] = 0.1
    auto_deploy: Annotated[
        bool, Field(description="A candidate that is better is to serve, and nobody is asked.")
    ] = False
    keep_versions: Annotated[
        int,
        Field(ge=1, le=10_000, description="Of a model's files, the newest; never a deployed one."),
    ] = 10

    @property
    def cooldown(self) -> int:
        return round(self.cooldown_period_hours * HOUR)
