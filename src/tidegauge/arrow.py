"""pyarrow, which has no types of its own: here, and only here, it is said to be anything.

What comes out of it is given a type by the function that asked for it.
"""

from typing import Any

import pyarrow  # noqa: ICN001 - the usual name is given to what has been said to be anything
import pyarrow.compute

pa: Any = pyarrow
pc: Any = pyarrow.compute

Chunked = Any
"""A column: `pyarrow.ChunkedArray`, or a piece of one."""
DataType = Any
"""`pyarrow.DataType`."""
Table = Any
"""`pyarrow.Table`."""
