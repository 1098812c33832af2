"""Rows of windows are counted without reading the windows: a fleet asks for a day of all models."""

from alembic import op

revision = "pre_0015"
down_revision = "pre_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("windows_by_time", "windows")
    op.create_index("windows_by_time", "windows", ["resolution", "start", "series", "rows"])
