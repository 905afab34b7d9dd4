"""``imagest models``: list, info, add, check, remove, fetch."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hub_server import COMMIT, Hub, running_hub
from tiny_captioner import tiny_blip
from tiny_models import tiny_ip_adapter, tiny_lora, tiny_sd, tiny_single_file
from tiny_vqgan import tiny_vq

from imagest_core.models import library
from imagest_core.models.hub import download, look_up
from imagest_core.models.library import find_installed
from imagest_core.progress import Cancelled, Progress

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the library."""
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on this machine with the repository a/lora."""
    folder = tmp_path / "hub" / "lora"
    tiny_lora(folder / "lora.safetensors")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    (folder / "lora.bin").write_bytes(b"pickled")
    with running_hub({"a/lora": folder}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield server


def test_add_list_info_check_remove(cli: Cli, tmp_path: Path):
    path = tiny_single_file(tmp_path / "model.safetensors", inpainting=True)
    added = cli("models", "add", path, "--name", "mine")
    assert added.code == 0
    assert all(text in added.out for text in ("mine", "pipeline", "sd1", "inpaint, text, adapters"))
    listed = cli("models", "list").out.splitlines()
    assert [line.split()[0] for line in listed] == ["embedded", "mine"]
    facts = json.loads(cli("models", "info", "mine", "--json").out)
    assert (facts["family"], facts["input_channels"], facts["inpainting"]) == ("sd1", 9, True)
    assert json.loads(cli("models", "list", "--json").out.splitlines()[1]) == facts
    assert cli("models", "check").out.split() == ["embedded", "intact", "mine", "intact"]
    assert cli("models", "remove", "mine", "--yes").code == 0
    assert len(cli("models", "list").out.splitlines()) == 1


def test_a_path_is_described_without_adding_it(cli: Cli, tmp_path: Path, models: Path):
    answer = cli("models", "info", tiny_sd(tmp_path / "folder"))
    assert json.loads(answer.out)["pipeline_class"] == "StableDiffusionPipeline"
    assert not models.exists()


def test_folders_of_parts_are_checked_by_their_path(cli: Cli, tmp_path: Path):
    for folder in (tiny_vq(tmp_path / "vq"), tiny_blip(tmp_path / "blip")):
        answer = cli("models", "check", folder)
        assert answer.code == 0, answer.err
        assert answer.out.split() == [folder.name, "intact"]


def test_weights_that_may_not_be_read_are_not_called_damaged(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, opened = tiny_lora(tmp_path / "lora.safetensors"), Path.open

    def denied(file: Path, *arguments: Any, **options: Any) -> Any:
        if file == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(file))
        return opened(file, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    answer = cli("models", "add", path)
    assert (answer.code, answer.err) == (2, f"imagest: {path} can't be read (Permission denied).\n")


def test_a_damaged_model_is_named(cli: Cli, tmp_path: Path):
    cli("models", "add", tiny_lora(tmp_path / "lora.safetensors"), "--name", "mine")
    path = find_installed("mine").path
    path.write_bytes(path.read_bytes()[:-1])
    answer = cli("models", "check", "mine")
    assert answer.code == 2
    assert "lora.safetensors of the model mine was changed" in answer.err


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("add", "x.ckpt"), "x.ckpt is pickled"),
        (("add", "nothing"), "There is no file or folder"),
        (("remove", "embedded", "--yes"), "belongs to the program"),
        (("remove", "mine"), "add --yes"),
        (("fetch", "not-a-repository"), "write OWNER/NAME"),
        (("fetch", "ü/画", "--yes"), "write OWNER/NAME"),
        (("fetch", "a/b", "--name", ".x"), "can't be a model's name"),
    ],
)
def test_refusals_are_one_sentence(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], match: str
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.ckpt").write_bytes(b"\x80\x02")
    answer = cli("models", *arguments)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert match in answer.err


def test_what_the_machine_lacks_is_said(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from imagest_core.models import requirements

    monkeypatch.setattr(requirements, "machine_memory", lambda: 1_000_000_000)
    monkeypatch.setitem(sys.modules, "peft", None)
    out = cli("models", "add", tiny_single_file(tmp_path / "model.safetensors")).out
    assert "note: This model needs about 2 GB of memory, but this computer has 1 GB" in out
    assert "note: using it needs peft: pip install 'imagest-workstation[diffusion]'" in out


def test_import_still_works(cli: Cli, tmp_path: Path):
    answer = cli("models", "import", tiny_lora(tmp_path / "lora.safetensors"))
    assert answer.code == 0
    assert "import is now called add" in answer.out


# fetch


def test_fetch_shows_the_size_and_adds_the_model(cli: Cli, hub: Hub, models: Path):
    answer = cli("models", "fetch", "a/lora", "--yes")
    assert answer.code == 0, answer.err
    assert "licence: creativeml-openrail-m" in answer.out
    assert f"in 2 files of {hub.address}/a/lora at {COMMIT[:12]}" in answer.out
    model = find_installed("lora")
    assert (model.origin, model.licence) == (f"a/lora@{COMMIT}", "creativeml-openrail-m")
    assert [path.name for path in models.iterdir()] == ["lora"], "nothing else remains"
    assert not any("lora.bin" in path for path, _ in hub.requests)


def test_fetch_asks_first(cli: Cli, hub: Hub, models: Path):
    answer = cli("models", "fetch", "a/lora")
    assert answer.code == 2
    assert "add --yes" in answer.err
    assert not any("resolve" in path for path, _ in hub.requests)


def test_a_pipeline_is_fetched_without_what_is_not_loaded(cli: Cli, hub: Hub, tmp_path: Path):
    folder = tiny_sd(tmp_path / "hub" / "sd")
    tiny_single_file(folder / "all-in-one.safetensors")
    hub.repositories["a/sd"] = folder
    assert cli("models", "fetch", "a/sd", "--yes", "--revision", "main").code == 0
    model = find_installed("sd")
    assert "unet/diffusion_pytorch_model.safetensors" in model.identity.files
    assert not (model.path / "all-in-one.safetensors").exists()
    assert hub.requests[0][0] == "/api/models/a/sd/revision/main?blobs=true"


def test_one_of_several_models_is_fetched_by_its_file(cli: Cli, hub: Hub, tmp_path: Path):
    tiny_ip_adapter(tmp_path / "hub" / "ip" / "models")
    tiny_lora(tmp_path / "hub" / "ip" / "models" / "other.safetensors")
    hub.repositories["a/ip"] = tmp_path / "hub" / "ip"
    answer = cli("models", "fetch", "a/ip", "--yes", "--file", "models/ip-adapter.safetensors")
    assert answer.code == 0, answer.err
    assert "image_encoder/model.safetensors" in find_installed("ip-adapter").identity.files


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ((), "a/fast holds several models: name the file or folder of one, such as 4steps.safetensors."),
        (("--file", "9steps.safetensors"), "a/fast has no file or folder 9steps.safetensors."),
        (("--file", "old.bin"), "old.bin is pickled"),
        (("--file", "README.md"), "README.md isn't a .safetensors file"),
        (
            ("--file", "more"),
            "a/fast holds several models: name the file or folder of one, such as more/xl/1",
        ),
    ],
)
def test_what_is_no_single_model_is_refused_before_the_download(
    cli: Cli, hub: Hub, tmp_path: Path, more: tuple[str, ...], sentence: str
):
    folder = tmp_path / "hub" / "fast"
    for name in ("4steps", "8steps", "more/xl/1", "more/xl/2"):
        tiny_lora(folder / f"{name}.safetensors")
    (folder / "old.bin").write_bytes(b"pickled")
    (folder / "README.md").write_text("")
    hub.repositories["a/fast"] = folder
    answer = cli("models", "fetch", "a/fast", "--yes", *more)
    assert answer.code == 2
    assert sentence in answer.err
    assert not any("resolve" in path for path, _ in hub.requests)
    assert cli("models", "fetch", "a/fast", "--yes", "--file", "8steps.safetensors").code == 0


def test_a_broken_download_resumes(cli: Cli, hub: Hub):
    hub.break_after = 2000
    broken = cli("models", "fetch", "a/lora", "--yes")
    assert broken.code == 2
    assert "fetch it again to continue" in broken.err
    hub.break_after = None
    hub.requests.clear()
    assert cli("models", "fetch", "a/lora", "--yes").code == 0
    ranges = [headers["Range"] for path, headers in hub.requests if "Range" in headers]
    assert ranges == ["bytes=6000-"], "three attempts arrived partly"
    assert find_installed("lora").identity.kind == "lora"


def test_a_download_that_is_not_added_stays_for_the_next_try(
    cli: Cli, hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(library, "put", refuse)
        answer = cli("models", "fetch", "a/lora", "--yes")
    assert answer.code == 2
    (folder,) = models.glob(".fetch-*")
    assert f"The download stays in {folder}: the next try uses it." in answer.err
    asked = len([path for path, _ in hub.requests if "resolve" in path])
    assert cli("models", "fetch", "a/lora", "--yes").code == 0
    assert len([path for path, _ in hub.requests if "resolve" in path]) == asked
    assert not list(models.glob(".fetch-*"))


KILLED = """
import os, signal, sys
from imagest_core.cli import main
from imagest_core.models import transfer
calls, wanted = [], getattr(transfer, sys.argv[1])
def die(*arguments):
    calls.append(arguments)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return wanted(*arguments)
setattr(transfer, sys.argv[1], die)
main(sys.argv[2:])
"""
"""Runs a command in a process that is killed at the second call of a function of the library."""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_a_kill_leaves_nothing_that_the_next_command_does_not_remove(
    cli: Cli, hub: Hub, tmp_path: Path, models: Path
):
    folder = tiny_sd(tmp_path / "hub" / "sd")
    hub.repositories["a/sd"] = folder
    for function, words in (
        ("_copy", ["add", folder]),
        ("file_hash", ["fetch", "a/sd", "--name", "fetched", "--yes"]),
    ):
        command = [sys.executable, "-c", KILLED, function, "models", *map(str, words)]
        done = subprocess.run(command, capture_output=True, timeout=60)
        assert done.returncode == -signal.SIGKILL
        assert any(path.name.startswith(".import.") for path in models.iterdir()), function
        hub.requests.clear()
        answer = cli("models", *words)
        assert answer.code == 0, answer.err
        assert not any(path.name.startswith(".") for path in models.iterdir()), function
    fetched = [path for path, _ in hub.requests if "/resolve/" in path]
    assert [path.rpartition("/")[2] for path in fetched] == ["model_index.json"], "nothing again"
    assert cli("models", "check").code == 0


def test_a_library_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path, models: Path):
    models.parent.mkdir()
    models.write_text("a file where the folder should be")
    answer = cli("models", "add", tiny_lora(tmp_path / "lora.safetensors"))
    assert (answer.code, answer.err.count("\n")) == (2, 1)


def test_a_cancelled_download_keeps_its_part(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    model = look_up("a/lora")
    calls = iter(range(100))
    with pytest.raises(Cancelled):
        download(model, Progress(cancelled=lambda: next(calls) > 3))
    folder = download(model, Progress())
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "lora.safetensors"]


def test_damaged_content_is_refused(cli: Cli, hub: Hub, models: Path):
    hub.corrupt = True
    answer = cli("models", "fetch", "a/lora", "--yes")
    assert answer.code == 2
    assert "lora.safetensors of a/lora arrived damaged" in answer.err
    assert not list(models.rglob("*.safetensors*"))


def test_the_token_is_sent_and_a_gated_model_explained(cli: Cli, hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    hub.status = 403
    answer = cli("models", "fetch", "a/lora", "--yes")
    assert answer.code == 2
    assert "accept its licence" in answer.err
    assert hub.requests[0][1]["Authorization"] == "Bearer secret"
    hub.status = 404
    assert "There is no a/lora" in cli("models", "fetch", "a/lora", "--yes").err


def test_the_token_is_not_sent_to_another_host(cli: Cli, hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    with running_hub(hub.repositories) as other:
        hub.redirect_to = other.address
        assert cli("models", "fetch", "a/lora", "--yes").code == 0
        assert len(other.requests) == 2
        assert not any("Authorization" in headers for _, headers in other.requests)


def test_a_redirect_without_encryption_is_refused(cli: Cli, hub: Hub):
    hub.redirect_to = "http://example.org"
    answer = cli("models", "fetch", "a/lora", "--yes")
    assert (answer.code, len(answer.err.splitlines())) == (2, 1)


def test_a_repository_with_pickled_weights_only_is_refused(cli: Cli, hub: Hub, tmp_path: Path):
    (tmp_path / "hub" / "lora" / "lora.safetensors").unlink()
    assert "only pickled weights" in cli("models", "fetch", "a/lora", "--yes").err


def test_only_encrypted_connections(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://example.org")
    assert "must start with https://" in cli("models", "fetch", "a/b", "--yes").err


def test_offline_mode_is_respected(cli: Cli, hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in cli("models", "fetch", "a/lora", "--yes").err
    assert not hub.requests


def test_the_library_needs_no_torch(tmp_path: Path):
    code = (
        "import sys; from imagest_core.cli import main; code = main(['models', 'add', sys.argv[1]]);"
        "code += main(['models', 'list']);"
        "assert not {'torch', 'diffusers', 'transformers', 'cv2'} & set(sys.modules); sys.exit(code)"
    )
    path = tiny_lora(tmp_path / "lora.safetensors")
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60, stdout=subprocess.DEVNULL)


def test_the_kind_of_a_few_step_adapter_is_declared(cli: Cli, hub: Hub, tmp_path: Path):
    lora = tiny_lora(tmp_path / "fast.safetensors")
    assert "few steps (lcm)" in cli("models", "add", lora, "--few-steps", "lcm").out
    assert find_installed("fast").identity.details["few_steps"] == "lcm"
    assert "few steps" not in cli("models", "add", lora, "--few-steps", "none", "--force").out
    fetched = cli("models", "fetch", "a/lora", "--yes", "--name", "fetched", "--few-steps", "hyper")
    assert "few steps (hyper)" in fetched.out
    refused = cli("models", "add", tiny_single_file(tmp_path / "sd.safetensors"), "--few-steps", "lcm")
    assert refused.code == 2
    assert "sd.safetensors isn't a LoRA, and only a LoRA can be one for few steps." in refused.err
