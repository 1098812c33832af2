"""The column types that both databases are given alike."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, String, Text, TypeDecorator

Id: Final = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts up keys of its own type `INTEGER` only; that holds 64 bits too."""
Micros: Final = BigInteger()
"""Microseconds since 1970 UTC."""
Count: Final = BigInteger()
Key: Final = String().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared.  By code point, as SQLite does: the order of a language differs from one
machine to the next and changes with its libraries, under an index that was built on the old one."""
Blob: Final = LargeBinary()
Json: Final = JSON()
JsonOrNone: Final = JSON(none_as_null=True)


class Remark(TypeDecorator[str]):
    """Text that is shown, and may quote what a sender has sent: PostgreSQL takes no NUL in a text,
    neither takes half of a surrogate pair, and a remark is no reason to lose a transaction."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
