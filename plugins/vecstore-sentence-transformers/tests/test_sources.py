"""What an operator may write as a source, and the answer to what cannot be used."""

import json
import shutil
import types

import pytest
from vecstore_sentence_transformers import sources, vecstore_register_encoders
from vecstore_sentence_transformers.sources import find

from vecstore.errors import EncoderNotFound, InvalidArgument, PluginError


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like a model, as far as one looks before loading."""
    model = tmp_path / "model"
    (model / "1_Pooling").mkdir(parents=True)
    write(model / "modules.json", [module("", "Transformer"), module("1_Pooling", "Pooling")])
    write(model / "config.json", {})
    (model / "model.safetensors").write_bytes(b"")
    return model


def module(path, kind, room="sentence_transformers.models"):
    return {"idx": 0, "name": "0", "path": path, "type": f"{room}.{kind}"}


def write(file, content):
    file.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def package(folder, monkeypatch):
    """An installed package that carries the folder."""

    files = [types.SimpleNamespace(name="readme.txt")]
    found = types.SimpleNamespace(
        name="pack", version="1.0", files=files, locate_file=lambda file: folder / file.name
    )

    def distribution(name):
        if name != "pack":
            raise sources.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(sources, "distribution", distribution)
    return files


def test_a_folder_is_taken_as_it_is(folder):
    assert find(str(folder), None).path == folder


def test_a_folder_in_the_home_directory(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert find("~/model", None).path == folder


@pytest.mark.parametrize("source", ["/no/such/folder", "./model", "~/nothing", "a/b/c"])
def test_a_path_that_is_no_folder_is_refused(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgument, match="no folder on this machine") as caught:
        find(source, None)
    assert repr(source) in str(caught.value)


def test_an_empty_source_is_refused():
    with pytest.raises(InvalidArgument, match="a source is needed"):
        find("", None)


def test_a_file_is_no_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(InvalidArgument, match="no folder on this machine"):
        find("config.json", None)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="holds no model"):
        find(str(tmp_path), None)


def test_a_revision_is_for_the_hub(folder):
    with pytest.raises(InvalidArgument, match="revision='abc'"):
        find(str(folder), "abc")
    with pytest.raises(InvalidArgument, match="revision='abc'"):
        find("package:pack", "abc")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("offline")
def test_a_hub_name_that_cannot_be_had_is_not_found():
    with pytest.raises(EncoderNotFound, match="nobody/nothing at revision abc cannot be had"):
        find("nobody/nothing", "abc")


@pytest.mark.usefixtures("offline")
def test_a_short_hub_name_is_of_sentence_transformers():
    with pytest.raises(EncoderNotFound, match="sentence-transformers/all-nothing cannot be had"):
        find("all-nothing", None)


@pytest.mark.usefixtures("offline")
def test_a_hub_name_in_the_cache_is_found_without_the_network(folder, tmp_path):
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "cache" / "models--me--mini"
    shutil.copytree(folder, cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    found = find("me/mini", None)
    assert found.path.name == commit
    assert found.provenance == {"hub": "me/mini", "commit": commit}
    assert find("me/mini", commit).path == found.path


def test_pickle_weights_are_refused(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InvalidArgument, match=r"pytorch_model\.bin.*pickle files are not read"):
        find(str(folder), None)


def test_pickle_weights_of_a_later_module_are_refused(folder):
    (folder / "1_Pooling" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InvalidArgument, match=r"1_Pooling/pytorch_model\.bin"):
        find(str(folder), None)


def test_pickle_weights_beside_safetensors_are_passed_over(folder):
    (folder / "pytorch_model.bin").write_bytes(b"")
    assert find(str(folder), None).path == folder


def test_code_of_the_model_is_refused(folder):
    write(folder / "modules.json", [module("", "Custom", "modeling_custom")])
    with pytest.raises(InvalidArgument, match=r"'modeling_custom\.Custom'.*the model's own code"):
        find(str(folder), None)


def test_code_behind_a_router_is_refused(folder):
    write(folder / "1_Pooling" / "router_config.json", {"types": {"a": "os.system"}})
    with pytest.raises(InvalidArgument, match=r"'os\.system'"):
        find(str(folder), None)


def test_an_adapter_is_refused(folder):
    write(folder / "adapter_config.json", {})
    with pytest.raises(InvalidArgument, match="adapter"):
        find(str(folder), None)


def test_a_damaged_list_of_modules_is_refused(folder):
    (folder / "modules.json").write_text("[{")
    with pytest.raises(InvalidArgument, match=r"modules\.json cannot be read"):
        find(str(folder), None)


@pytest.mark.usefixtures("package")
def test_a_package_that_is_not_installed_is_not_found():
    with pytest.raises(EncoderNotFound, match="pip install no-such-package"):
        find("package:no-such-package", None)


@pytest.mark.usefixtures("package")
def test_a_package_without_a_model_is_refused():
    with pytest.raises(InvalidArgument, match="'pack' holds no model"):
        find("package:pack", None)


def test_a_package_with_a_model_is_found(package, folder):
    package.append(types.SimpleNamespace(name="modules.json"))
    found = find("package:pack", None)
    assert found.path == folder
    assert found.provenance == {"package": "pack 1.0"}


def test_a_known_package_with_other_weights_is_refused_before_loading(package, monkeypatch, folder):
    package.append(types.SimpleNamespace(name="modules.json"))
    monkeypatch.setitem(sources.KNOWN_WEIGHTS, "pack", "0" * 64)
    with pytest.raises(
        PluginError, match=r"'pack' is damaged: model\.safetensors has sha256 e3b0c4"
    ):
        find("package:pack", None)
    (folder / "model.safetensors").unlink()
    with pytest.raises(PluginError, match=r"model\.safetensors is missing"):
        find("package:pack", None)


@pytest.mark.usefixtures("package")
def test_the_ready_release_is_there_only_with_its_package():
    (spec,) = vecstore_register_encoders()
    assert spec.ready == ()
