"""From readings to people: conditions, incidents, and notices that are delivered.

`condition` follows the readings of one monitor, `incident` what people handle, `machine` moves
both; `route`, `silence` and `rate` decide who is told; `outbox` and `channels` deliver.
"""
