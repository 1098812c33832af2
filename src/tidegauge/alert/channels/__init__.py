"""The kinds of channels: a new one is a file, and a name here."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field, TypeAdapter

from tidegauge.alert.channels.alertmanager import Alertmanager
from tidegauge.alert.channels.apprise import Apprise
from tidegauge.alert.channels.base import Base
from tidegauge.alert.channels.console import Console
from tidegauge.alert.channels.email import Email
from tidegauge.alert.channels.pagerduty import PagerDuty
from tidegauge.alert.channels.slack import Slack
from tidegauge.alert.channels.teams import Teams
from tidegauge.alert.channels.webhook import Webhook

Channel = Console | Email | Slack | PagerDuty | Teams | Webhook | Alertmanager | Apprise
KINDS: Final[dict[str, type[Base]]] = {
    "console": Console,
    "email": Email,
    "slack": Slack,
    "pagerduty": PagerDuty,
    "teams": Teams,
    "webhook": Webhook,
    "alertmanager": Alertmanager,
    "apprise": Apprise,
}
ADAPTER: Final[TypeAdapter[Channel]] = TypeAdapter(
    Annotated[Channel, Field(discriminator="kind")],
    config=ConfigDict(hide_input_in_errors=True),
)
