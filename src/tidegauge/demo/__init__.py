"""Seven believable models in production, made up from a seed, for `tidegauge demo`.

It speaks to a server over HTTP, as anybody's models would, and knows nothing of what is behind it.
"""

from tidegauge.demo.card_fraud import CardFraud
from tidegauge.demo.made import Model
from tidegauge.demo.page_personalisation import PagePersonalisation
from tidegauge.demo.product_images import ProductImages
from tidegauge.demo.recommender import Recommender
from tidegauge.demo.restaurant_demand import RestaurantDemand
from tidegauge.demo.season import HOURS
from tidegauge.demo.taxi_arrival import TaxiArrival
from tidegauge.demo.trading_signal import TradingSignal


def models(seed: int, now: int) -> tuple[Model, ...]:
    """All of them, with their faults where they are at this time, to the hour.

    A demo that is started again within the hour makes the same rows.
    """
    hour = now - now % HOURS
    return (
        CardFraud(seed, now=hour),
        RestaurantDemand(seed, now=hour),
        TradingSignal(seed, now=hour),
        PagePersonalisation(seed, now=hour),
        Recommender(seed, now=now - now % (60 * 1_000_000)),
        ProductImages(seed, now=hour),
        TaxiArrival(seed, now=hour),
    )
