"""The tables. ``migrations/`` creates them; a test keeps the two equal.

One row of ``entries`` binds a record's field to the label of its present vector. Vectors and
inputs hang on the label, which is never reused, so an upsert appends and then drops the old ones.
``entries`` is narrow on purpose: opening an index reads all of it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

# Ids are compared and sorted by code point on every database.
_Id = Text().with_variant(Text(collation="C"), "postgresql")
_Key = BigInteger().with_variant(Integer(), "sqlite")

store_state = Table(
    "store_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("last_label", BigInteger, nullable=False),
    # Of records; greater at every write, and never used again.
    Column("last_version", BigInteger, nullable=False, server_default="0"),
)

releases = Table(
    "releases",
    metadata,
    Column("model", _Id, primary_key=True),
    Column("version", _Id, primary_key=True),
    Column("loader", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("modalities", Text, nullable=False),
    Column("dim", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("parts", Text, nullable=False),
    Column("canaries", LargeBinary),
    Column("runtime", Text, nullable=False),
    Column("accepted", Text),
    Column("provenance", Text),
    Column("created_at", Text, nullable=False),
    # JSON: what the model says that it was made for.
    Column("card", Text),
)

collections = Table(
    "collections",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("name", _Id, nullable=False, unique=True),
    Column("metric", Text, nullable=False),
    Column("store_inputs", Boolean, nullable=False),
    Column("created_at", Text, nullable=False),
    # Greater whenever its fields are other ones than before.
    Column("generation", BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

fields = Table(
    "fields",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("collection_id", _Key, ForeignKey("collections.id"), nullable=False),
    Column("name", _Id, nullable=False),
    Column("model", _Id, nullable=False),
    Column("version", _Id, nullable=False),
    Column("transform", Text, nullable=False),
    Column("dim", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("index_backend", Text, nullable=False),
    # One space answers; another one may be filled, or kept, beside it.
    Column("state", _Id, nullable=False, server_default="live"),
    UniqueConstraint("collection_id", "name", "state"),
    sqlite_autoincrement=True,
)

records = Table(
    "records",
    metadata,
    Column("collection_id", _Key, primary_key=True, autoincrement=False),
    Column("id", _Id, primary_key=True),
    Column("payload", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
)

# Below 0, the id of a field is that of its records without a vector, whose input is kept.
entries = Table(
    "entries",
    metadata,
    Column("field_id", _Key, primary_key=True, autoincrement=False),
    Column("record_id", _Id, primary_key=True),
    Column("label", BigInteger, nullable=False),
    Column("crc", BigInteger, nullable=False),
    # sha256 of the input that the encoder read; empty where the caller brought the vector.
    Column("digest", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

vectors = Table(
    "vectors",
    metadata,
    Column("label", _Key, primary_key=True, autoincrement=False),
    # Little-endian float32.
    Column("values", LargeBinary, nullable=False),
)

inputs = Table(
    "inputs",
    metadata,
    Column("label", _Key, primary_key=True, autoincrement=False),
    Column("text", Text),
    Column("image_digest", LargeBinary),
    # JSON of columns and their categories.
    Column("categories", Text),
)

# Finds the images that nothing names any more.
Index(
    "ix_inputs_image_digest",
    inputs.c.image_digest,
    sqlite_where=inputs.c.image_digest.is_not(None),
    postgresql_where=inputs.c.image_digest.is_not(None),
)

images = Table(
    "images",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

transforms = Table(
    "transforms",
    metadata,
    Column("name", _Id, primary_key=True),
    Column("kind", Text, nullable=False),
    # The encoder's release whose vectors it takes.
    Column("model", _Id, nullable=False),
    Column("version", _Id, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("input_dim", Integer, nullable=False),
    Column("dim", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    # Little-endian float32, (input_dim, dim).
    Column("parameters", LargeBinary, nullable=False),
    # JSON: what it was fitted on, and with which seed.
    Column("provenance", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("model", _Id, nullable=False),
    Column("version", _Id, nullable=False),
    Column("transform", Text, nullable=False),
    Column("dim", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("data_name", Text, nullable=False),
    Column("data_digest", Text, nullable=False),
    # JSON.
    Column("data_counts", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("settings", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("baselines", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Index("ix_evaluations_model", "model", "version"),
    sqlite_autoincrement=True,
)

aliases = Table(
    "aliases",
    metadata,
    Column("name", _Id, primary_key=True),
    Column("collection_id", _Key, ForeignKey("collections.id"), nullable=False),
)

payload_indexes = Table(
    "payload_indexes",
    metadata,
    Column("collection_id", _Key, primary_key=True, autoincrement=False),
    Column("key", _Id, primary_key=True),
    Column("type", Text, primary_key=True),
)

# Words to search for, by record: of declared keys and of its own input.
texts = Table(
    "texts",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("collection_id", _Key, nullable=False),
    Column("record_id", _Id, nullable=False),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    # How many words, repeated ones included.
    Column("length", Integer, nullable=False),
    UniqueConstraint("collection_id", "record_id"),
    sqlite_autoincrement=True,
)
Index("ix_texts_words", texts.c.words, postgresql_using="gin").ddl_if(dialect="postgresql")

# Writes that were done under a key of the caller's, so that they are done once.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("collection_id", _Key, primary_key=True, autoincrement=False),
    Column("key", _Id, primary_key=True),
    # sha256 of what was asked.
    Column("digest", LargeBinary, nullable=False),
    Column("count", BigInteger, nullable=False),
    # Seconds since 1970.
    Column("created_at", BigInteger, nullable=False),
)
Index("ix_idempotency_keys_created_at", idempotency_keys.c.created_at)

# How a field tells the unfamiliar; no row: by its nearest neighbour, gathering nothing.
calibrations = Table(
    "calibrations",
    metadata,
    Column("field_id", _Key, primary_key=True, autoincrement=False),
    Column("measure", Text, nullable=False),
    Column("label_key", Text),
    Column("gathers", Boolean, nullable=False),
)

# Vectors of ordinary queries, by where they are from: "supplied" or "use".
calibration_queries = Table(
    "calibration_queries",
    metadata,
    Column("field_id", _Key, primary_key=True, autoincrement=False),
    Column("source", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    # Little-endian float32, (count, dim).
    Column("vectors", LargeBinary, nullable=False),
    Column("updated_at", Text, nullable=False),
)

# Fields on their way from one space to another, and those that have arrived.
reembeddings = Table(
    "reembeddings",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("collection_id", _Key, nullable=False),
    Column("field", _Id, nullable=False),
    # The space that it began in, and the one that it goes to; ids of fields, which may be gone.
    Column("source_id", _Key, nullable=False),
    Column("target_id", _Key, nullable=False),
    # JSON.
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("options", Text, nullable=False),
    # JSON: the user's own queries.
    Column("queries", Text, nullable=False),
    # Records up to this id have been looked at.
    Column("reached", _Id, nullable=False),
    # How many have been, for the progress.
    Column("looked_at", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    # JSON; empty for none.
    Column("report", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("switched_at", Text, nullable=False),
    Column("ended_at", Text, nullable=False),
    Index("ix_reembeddings_collection_id", "collection_id"),
    sqlite_autoincrement=True,
)

# Records that have no vector in a field because its encoder refused them.
reembed_failures = Table(
    "reembed_failures",
    metadata,
    Column("field_id", _Key, primary_key=True, autoincrement=False),
    Column("record_id", _Id, primary_key=True),
    Column("reason", Text, nullable=False),
)

# Vectors that were mapped from another space.
carried = Table(
    "carried",
    metadata,
    Column("label", _Key, primary_key=True, autoincrement=False),
    Column("field_id", _Key, nullable=False),
    Index("ix_carried_field_id", "field_id"),
)

bridges = Table(
    "bridges",
    metadata,
    Column("collection_id", _Key, primary_key=True, autoincrement=False),
    Column("name", _Id, primary_key=True),
    Column("field", _Id, nullable=False),
    # JSON: the spaces of queries and of stored vectors, and the bridged queries' own.
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("space", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # Little-endian float32, (dims of the source, dims of the target).
    Column("matrix", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("pairs", BigInteger, nullable=False),
    Column("held_out", BigInteger, nullable=False),
    # JSON.
    Column("figures", Text, nullable=False),
    Column("forced", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)
