"""Spaces beside the live one: re-embeddings, what they could not move, carried vectors, bridges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    generation = sa.Column("generation", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("collections", generation)
    with op.batch_alter_table("fields", table_kwargs={"sqlite_autoincrement": True}) as fields:
        fields.add_column(sa.Column("state", _Id, nullable=False, server_default="live"))
        fields.drop_constraint("uq_fields_collection_id_name", type_="unique")
        fields.create_unique_constraint(
            "uq_fields_collection_id_name_state", ["collection_id", "name", "state"]
        )
    texts = ("source", "target", "state", "options", "queries")
    more = ("error", "report", "created_at", "switched_at", "ended_at")
    op.create_table(
        "reembeddings",
        sa.Column("id", _Key, primary_key=True, autoincrement=True),
        sa.Column("collection_id", _Key, nullable=False),
        sa.Column("field", _Id, nullable=False),
        sa.Column("source_id", _Key, nullable=False),
        sa.Column("target_id", _Key, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("reached", _Id, nullable=False),
        sa.Column("looked_at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in more),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reembeddings_collection_id", "reembeddings", ["collection_id"])
    op.create_table(
        "reembed_failures",
        sa.Column("field_id", _Key, primary_key=True, autoincrement=False),
        sa.Column("record_id", _Id, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "carried",
        sa.Column("label", _Key, primary_key=True, autoincrement=False),
        sa.Column("field_id", _Key, nullable=False),
    )
    op.create_index("ix_carried_field_id", "carried", ["field_id"])
    op.create_table(
        "bridges",
        sa.Column("collection_id", _Key, primary_key=True, autoincrement=False),
        sa.Column("name", _Id, primary_key=True),
        sa.Column("field", _Id, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("source", "target", "space")),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("matrix", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("pairs", sa.BigInteger, nullable=False),
        sa.Column("held_out", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("figures", "forced", "created_at")),
    )
