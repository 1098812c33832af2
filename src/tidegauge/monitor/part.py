"""A piece of a monitors' file."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """What it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
