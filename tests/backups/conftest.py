"""A store that holds something of everything, and its answers; an encoder that can be missing."""

import hashlib
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

import vecstore
from vecstore import FieldValue, Record, RecordReference
from vecstore.artifacts.manifest import CurvePoint
from vecstore.artifacts.weights import weights_digest
from vecstore.backups.blocks import header, padding, tail
from vecstore.backups.reading import opened_backup
from vecstore.config import Settings
from vecstore.evaluations import DataSummary, Evaluation, Figure, Protocol
from vecstore.records import Modality
from vecstore.registry import Registry
from vecstore.spaces import Identity
from vecstore.specs import Encoder
from vecstore.tasks import DataKind, PretextSpec, Trained

SETTINGS = Settings()
WORDS = ("red", "green", "old", "new", "tall", "small", "warm", "cold")


class Shades(Encoder):
    """Mean colours of images, or a text's length. ``tint`` is what may drift."""

    dim = 4
    modalities = frozenset({Modality.TEXT, Modality.IMAGE})
    tint = 1.0

    def __init__(self, _source, _options):
        pass

    def identity(self):
        return Identity({"shades": Shades.tint})

    def encode(self, inputs, role):
        return np.stack([self._row(one) for one in inputs])

    def _row(self, one):
        if isinstance(one.data, str):
            return np.array([len(one.data), 1, 1, 1], np.float32) * Shades.tint
        with Image.open(io.BytesIO(one.data)) as image:
            mean = np.asarray(image.convert("RGB"), np.float32).mean(axis=(0, 1))
        return np.array([*mean, 1], np.float32) * Shades.tint


class Counts(Encoder):
    """A vector of letters, times what was learnt."""

    modalities = frozenset({Modality.TEXT})
    dim = 26

    def __init__(self, artifact, _options):
        self._file = artifact.file("counts.safetensors")
        self._weights = load_file(self._file)["counts"]

    def identity(self):
        return Identity({"counts": weights_digest([("0", self._file)])})

    def encode(self, inputs, role):
        found = np.full((len(inputs), 26), 0.1, np.float32)
        for row, one in zip(found, inputs, strict=True):
            for letter in str(one.data).lower():
                if "a" <= letter <= "z":
                    row[ord(letter) - ord("a")] += 1
        return found * self._weights


def fit(_data, _run):
    weights = np.linspace(0.5, 1.5, 26, dtype=np.float32)
    return Trained(
        write=lambda folder: save_file({"counts": weights}, folder / "counts.safetensors"),
        encoder={},
        metrics={"loss": 0.5},
        curve=[CurvePoint(1, 0.5)],
        sizes={"parameters": 26},
        runtime={},
        notes=[],
    )


class Plugin:
    @vecstore.hookimpl
    def vecstore_register_encoders(self):
        ready = (vecstore.ReadyRelease("shades", "1", ""),)
        modalities = (Modality.TEXT, Modality.IMAGE)
        return [vecstore.EncoderSpec("shades", "for tests", modalities, Shades, ready=ready)]

    @vecstore.hookimpl
    def vecstore_register_pretext_tasks(self):
        return [
            PretextSpec(
                name="counting",
                summary="Counts.",
                paper="Ishango, 20,000 BC",
                modalities=(Modality.TEXT,),
                reads=DataKind.TEXT,
                fit=fit,
                load=Counts,
                options=(),
            )
        ]


@pytest.fixture(scope="session")
def registry():
    """All encoders that the store uses."""
    return Registry.load(SETTINGS, plugins=[("tests", Plugin())], entry_points=False)


@pytest.fixture(scope="session")
def poorer():
    """The same without the plugin of the tests."""
    return Registry.load(SETTINGS, entry_points=False)


@pytest.fixture
def database(request):
    """A function that gives the URL of a fresh database, or None for SQLite."""

    def make(kind):
        if kind == "sqlite":
            return None
        server = request.getfixturevalue("postgres_server")
        context = server.database()
        url = context.__enter__()
        request.addfinalizer(lambda: context.__exit__(None, None, None))
        return url

    return make


@pytest.fixture
def opened(registry):
    """opened(folder, database=None) -> an open store with these encoders."""
    return lambda folder, database=None: vecstore.open(
        folder, database=database, settings=SETTINGS, registry=registry
    )


def picture(colour):
    data = io.BytesIO()
    Image.new("RGB", (3, 2), colour).save(data, "PNG")
    return data.getvalue()


@pytest.fixture(name="fill")
def fill_fixture():
    """fill(store) puts something of everything into it."""
    return fill


@pytest.fixture(name="answers")
def answers_fixture():
    """answers(store) -> all that it says, and the distances of its hits."""
    return answers


def fill(store):
    """Something of everything that a store holds."""
    texts = store.create_collection("texts", encoder="hashing@1")
    texts.upsert(
        [
            Record(
                id=f"t{n}",
                text=f"{WORDS[n % 8]} {WORDS[n // 8]} house",
                payload={"n": n, "kind": WORDS[n % 8], "more": {"none": None, "list": [n, "x"]}},
            )
            for n in range(64)
        ]
    )
    texts.delete(["t63"])
    texts.insert([Record(id="once", text="once only")], idempotency_key="k1")
    texts.create_index("kind", "keyword")
    texts.create_index("$text", "text")
    texts.calibrate([f"{one} {other}" for one in WORDS for other in WORDS])
    store.create_collection("none", encoder="hashing@1", store_inputs=False)
    shades = store.create_collection("shades", encoder="shades@1", metric="l2")
    colours = ("red", "green", "blue")
    shades.upsert([Record(id=one, image=picture(one), payload={"is": one}) for one in colours])
    store.register_encoder("small@1", loader="hashing", source="builtin", options={"dim": 24})
    sentences = [f"{one} {other} thing" for one in WORDS for other in WORDS]
    store.fit_transform("pca8", "small@1", sentences, pca=8)
    cut = store.create_collection("cut", encoder="small@1", transform="pca8", metric="ip")
    cut.upsert([Record(id=str(n), text=text) for n, text in enumerate(sentences)])
    outside = store.declare_space("outside@1", dim=3, provenance="made elsewhere").space
    two = store.create_collection("two", encoder="hashing@1", fields={"far": "outside@1"})
    two.upsert(
        [
            Record(
                id=f"{n}",
                text=WORDS[n],
                fields={"far": FieldValue(vector=vecstore.Vector(outside, far(n)))},
            )
            for n in range(8)
        ]
    )
    store.train("counting", sentences, name="learnt", version="1")
    learnt = store.create_collection("learnt", encoder="learnt@1")
    learnt.upsert([Record(id=word, text=word) for word in WORDS])
    store.evaluations.add(
        Evaluation(
            space=texts.space,
            protocol=Protocol.LABELS,
            data=DataSummary("intents", "d" * 64, {"inputs": 3}),
            seed=3,
            settings={},
            figures={"probe.accuracy@10": Figure(0.7, 0.6, 0.8)},
            baselines={},
        )
    )
    store.update_aliases({"live": "texts", "pictures": "shades"})


def far(number):
    return np.array([np.cos(number), np.sin(number), 0.5], np.float32)


def answers(store):
    """What a store says, searched in every way."""
    texts, two = store.collection("live"), store.collection("two")
    outside = store.space("outside@1")
    plain = {
        "aliases": store.list_aliases(),
        "encoders": store.list_encoders(),
        "transforms": store.list_transforms(),
        "evaluations": list(store.list_evaluations().evaluations),
        "models": [(one.name, one.manifest.digest) for one in store.list_models()],
        "collections": [
            (one.name, one.space, one.metric, one.count, one.store_inputs, one.aliases, one.indexes)
            for one in store.list_collections()
        ],
        "records": [
            [
                (one.id, one.payload, one.text, one.image, values(one.vector), one.version)
                for one in store.collection(info.name).list(include_vectors=True).records
            ]
            for info in store.list_collections()
        ],
        "far": [values(one.fields["far"].vector) for one in two.list(include_vectors=True).records],
        "facets": texts.facets("kind"),
    }
    searches = {
        "text": texts.search("old house", k=20),
        "filtered": texts.search("old", k=9, filter={"kind": "red", "n": {"$gte": 16}}),
        "nested": texts.search("old", k=9, filter={"more.list": {"$contains": "x"}}),
        "reference": texts.search(RecordReference("t9"), k=9),
        "text in pictures": store.collection("pictures").search("aaaa"),
        "picture": store.collection("pictures").search(picture((200, 10, 10))),
        "cut": store.collection("cut").search("old warm thing"),
        "far": two.search(vecstore.Vector(outside, far(3)), field="far"),
        "learnt": store.collection("learnt").search("warmer"),
    }
    kept = {name: without_ties(hits) for name, hits in searches.items()}
    found = {n: [(hit.id, hit.payload, hit.text) for hit in hits] for n, hits in kept.items()}
    distances = {name: [hit.distance for hit in hits] for name, hits in kept.items()}
    hybrid = [hit.id for hit in texts.search_hybrid("old house")]
    strange = searches["text"].unfamiliarity
    # The graph and what is not in it yet round otherwise.
    unfamiliar = strange._replace(distance=round(strange.distance, 5))
    return {**plain, **found, "hybrid": hybrid, "unfamiliar": unfamiliar}, distances


def without_ties(hits):
    """Hits in an order of their own, but those as far as the last, of which others may come."""
    last = hits[-1].distance if len(hits) > 3 else np.inf
    return sorted(
        (hit for hit in hits if hit.distance < last - 1e-4),
        key=lambda hit: (round(hit.distance, 3), hit.id),
    )


def values(vector):
    return None if vector is None else vector.values.tobytes()


@pytest.fixture(scope="session")
def filled(tmp_path_factory, registry):
    """A folder with a closed store of everything, on SQLite, and its backup."""
    folder = tmp_path_factory.mktemp("filled")
    with vecstore.open(folder / "source", settings=SETTINGS, registry=registry) as store:
        fill(store)
        store.backup(folder / "store.backup")
    return folder


@pytest.fixture
def backup(filled, tmp_path):
    """The file of a backup; the store that it is of is in the folder "source" beside it."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return tmp_path / "store.backup"


@pytest.fixture
def shades():
    """The encoder that may be missing, or drift."""
    return Shades


@pytest.fixture
def reworked(tmp_path):
    """reworked(file, change) -> a backup that is sealed rightly, whatever ``change`` made of it.

    ``change`` is given the manifest, and the content of every member by name.
    """

    def rework(file, change):
        with opened_backup(file) as backup:
            manifest = json.loads(backup.manifest.to_json())
            members = backup.manifest.members()
            contents = {one.name: b"".join(backup.content(one)) for one in members}
        change(manifest, contents)
        lists = [part for table in manifest["tables"] for part in table["parts"]]
        lists += [p for m in manifest["models"] for pieces in m["files"].values() for p in pieces]
        made = b""
        for member in (manifest["head"], *lists):
            content = contents[member["name"]]
            member["bytes"] = len(content)
            member["sha256"] = hashlib.sha256(content).hexdigest()
            made += header(member["name"], len(content)) + content + padding(len(content))
        said = json.dumps(manifest).encode()
        made += header("manifest.json", len(said)) + said + padding(len(said))
        made += tail(hashlib.sha256(made).hexdigest(), len(said))
        (tmp_path / "reworked").write_bytes(made)
        return tmp_path / "reworked"

    return rework


@pytest.fixture
def restored(tmp_path, registry):
    """restored(file, folder="new", **options) restores a backup with the tests' encoders."""

    def restore(file, folder="new", **options):
        given = {"settings": SETTINGS, "registry": registry, **options}
        return vecstore.restore(file, tmp_path / folder, **given)

    return restore
