"""The client: logs predictions, labels and feedback from any program, and never slows or fails it.

It needs httpx and pyarrow, and loads neither before there is something to send.
"""

from tidegauge.client.books import Stats
from tidegauge.client.client import Client
from tidegauge.client.delivery import Delivery, Rejection
from tidegauge.client.sampling import Sample

__all__ = ["Client", "Delivery", "Rejection", "Sample", "Stats"]
