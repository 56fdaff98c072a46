"""Releases, collections, records, vectors and their inputs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "store_state",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("store_id", sa.Text, nullable=False),
        sa.Column("last_label", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_store_state"),
    )
    op.create_table(
        "releases",
        sa.Column("model", _id),
        sa.Column("version", _id),
        sa.Column("loader", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("modalities", sa.Text, nullable=False),
        sa.Column("dim", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("canaries", sa.LargeBinary),
        sa.Column("runtime", sa.Text, nullable=False),
        sa.Column("accepted", sa.Text),
        sa.Column("provenance", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("model", "version", name="pk_releases"),
    )
    op.create_table(
        "collections",
        sa.Column("id", _key, autoincrement=True),
        sa.Column("name", _id, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("store_inputs", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_collections"),
        sa.UniqueConstraint("name", name="uq_collections_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "fields",
        sa.Column("id", _key, autoincrement=True),
        sa.Column("collection_id", _key, nullable=False),
        sa.Column("name", _id, nullable=False),
        sa.Column("model", _id, nullable=False),
        sa.Column("version", _id, nullable=False),
        sa.Column("transform", sa.Text, nullable=False),
        sa.Column("dim", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("index_backend", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fields"),
        sa.UniqueConstraint("collection_id", "name", name="uq_fields_collection_id_name"),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name="fk_fields_collection_id"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "records",
        sa.Column("collection_id", _key, autoincrement=False),
        sa.Column("id", _id),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("collection_id", "id", name="pk_records"),
    )
    op.create_table(
        "entries",
        sa.Column("field_id", _key, autoincrement=False),
        sa.Column("record_id", _id),
        sa.Column("label", sa.BigInteger, nullable=False),
        sa.Column("crc", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("field_id", "record_id", name="pk_entries"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "vectors",
        sa.Column("label", _key, autoincrement=False),
        sa.Column("values", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("label", name="pk_vectors"),
    )
    op.create_table(
        "inputs",
        sa.Column("label", _key, autoincrement=False),
        sa.Column("text", sa.Text),
        sa.Column("image_digest", sa.LargeBinary),
        sa.PrimaryKeyConstraint("label", name="pk_inputs"),
    )
    op.create_index(
        "ix_inputs_image_digest",
        "inputs",
        ["image_digest"],
        sqlite_where=sa.text("image_digest IS NOT NULL"),
        postgresql_where=sa.text("image_digest IS NOT NULL"),
    )
    op.create_table(
        "images",
        sa.Column("digest", sa.LargeBinary),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_images"),
    )
