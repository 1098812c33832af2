"""What happened lately is found without reading all: those who look on ask each second."""

from alembic import op

revision = "pre_0007"
down_revision = "pre_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("incident_events_by_at", "incident_events", ["at"])
    op.create_index("notices_by_made_at", "notices", ["made_at"])
    op.create_index("notices_by_ended_at", "notices", ["ended_at"])
