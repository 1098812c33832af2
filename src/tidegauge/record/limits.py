"""How much of anything one request may bring: the same numbers on both ends of the wire.

The client splits and drops by them, so that nothing is sent which the server would refuse.
"""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

BODY: Final = 16 * MIB
BODY_UNPACKED: Final = 64 * MIB
RECORDS: Final = 10_000
RECORD: Final = 1 * MIB
DEPTH: Final = 32
FEATURES: Final = 10_000
NAME: Final = 256
KEY: Final = 128
TEXT: Final = 64 * KIB
TAGS: Final = 64
TAG_TEXT: Final = 1 * KIB
VECTOR: Final = 16_384
ERRORS_TOLD: Final = 100

# 0.01 forgives the rounding of a model that writes two digits.
PROBABILITY_SLACK: Final = 0.01

WHOLE_LOW: Final = -(2**63)
WHOLE_HIGH: Final = 2**64 - 1
# Beyond this a double no longer holds every whole number.
EXACT_IN_DOUBLE: Final = 2**53
