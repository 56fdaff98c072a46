"""Versions of records, aliases, payload indexes, full text and idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    version = sa.Column("last_version", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("store_state", version)
    op.add_column(
        "records", sa.Column("version", sa.BigInteger, nullable=False, server_default="0")
    )
    # Records written before have a version as well, one for all of them.
    op.execute("UPDATE store_state SET last_version = 1")
    op.execute("UPDATE records SET version = 1")
    op.create_table(
        "aliases",
        sa.Column("name", _Id, primary_key=True),
        sa.Column("collection_id", _Key, sa.ForeignKey("collections.id"), nullable=False),
    )
    op.create_table(
        "payload_indexes",
        sa.Column("collection_id", _Key, primary_key=True, autoincrement=False),
        sa.Column("key", _Id, primary_key=True),
        sa.Column("type", sa.Text, primary_key=True),
    )
    op.create_table(
        "texts",
        sa.Column("id", _Key, primary_key=True, autoincrement=True),
        sa.Column("collection_id", _Key, nullable=False),
        sa.Column("record_id", _Id, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.UniqueConstraint("collection_id", "record_id"),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_texts_words", "texts", ["words"], postgresql_using="gin")
    op.create_table(
        "idempotency_keys",
        sa.Column("collection_id", _Key, primary_key=True, autoincrement=False),
        sa.Column("key", _Id, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
