"""Encoders are judged: cards, evaluations, transforms and calibrations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("releases", sa.Column("card", sa.Text))
    op.create_table(
        "transforms",
        sa.Column("name", _Id, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("model", _Id, nullable=False),
        sa.Column("version", _Id, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("input_dim", sa.Integer, nullable=False),
        sa.Column("dim", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("parameters", sa.LargeBinary, nullable=False),
        sa.Column("provenance", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_table(
        "evaluations",
        sa.Column("id", _Key, primary_key=True, autoincrement=True),
        sa.Column("model", _Id, nullable=False),
        sa.Column("version", _Id, nullable=False),
        sa.Column("transform", sa.Text, nullable=False),
        sa.Column("dim", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("protocol", sa.Text, nullable=False),
        sa.Column("data_name", sa.Text, nullable=False),
        sa.Column("data_digest", sa.Text, nullable=False),
        sa.Column("data_counts", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("baselines", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_evaluations_model", "evaluations", ["model", "version"])
    op.create_table(
        "calibrations",
        sa.Column("field_id", _Key, primary_key=True, autoincrement=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("label_key", sa.Text),
        sa.Column("gathers", sa.Boolean, nullable=False),
    )
    op.create_table(
        "calibration_queries",
        sa.Column("field_id", _Key, primary_key=True, autoincrement=False),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
    )
