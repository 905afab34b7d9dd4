"""Adaptation of Stable Diffusion at toy size: from captioned pictures to a fill that it changes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from tiny_captioner import tiny_blip, tiny_clip
from tiny_model import picture
from tiny_models import tiny_sd

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.models.cache import loaded_models
from imagest_core.models.identify import identify
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import find_installed
from imagest_core.painting.picture_files import write_picture
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest
from imagest_core.training.adaptation import AdaptationMethod, AdaptationOptions, AdaptationTask
from imagest_core.training.captioned_examples import CaptionedExamples, CaptionedPictures, load_captioned
from imagest_core.training.captions import CaptionRow, read_rows, write_rows
from imagest_core.training.diffusion_plan import plan_training
from imagest_core.training.loop import LoopOptions, Trainer
from imagest_core.training.stable_diffusion import training_hardware

SIDE = 64
CPU = training_hardware("cpu", "no")
TOKEN = "<old-boats>"
PROMPTS = ("a painting of boats", "a painting in the style of " + TOKEN)
RESULTS = {
    "full": (ModelKind.PIPELINE, "model"),
    "dreambooth": (ModelKind.PIPELINE, "model"),
    "lora": (ModelKind.LORA, "lora"),
    "textual-inversion": (ModelKind.TEXTUAL_INVERSION, "textual-inversion"),
}


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    yield
    loaded_models.clear()


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plain model, one for inpainting and one of the XL family."""
    folder = tmp_path_factory.mktemp("bases")
    tiny_sd(folder / "sd1")
    tiny_sd(folder / "inpainting", inpainting=True)
    tiny_sd(folder / "sdxl", family="sdxl")
    return folder


@pytest.fixture
def works(tmp_path: Path) -> Path:
    """A folder with four works."""
    folder = tmp_path / "Claude_Monet"
    folder.mkdir()
    for index in range(4):
        write_picture(folder / f"work-{index}.png", picture(72, seed=index))
    return tmp_path


def toy_options(method: str) -> list[object]:
    toy = ["--method", method, "--side", SIDE, "--device", "cpu", "--precision", "no", "--sample-steps", 1]
    return toy if method != "textual-inversion" else [*toy, "--token", TOKEN]


def examples(holes: bool = False) -> CaptionedExamples:
    pictures = CaptionedPictures([picture(72, seed=i) for i in range(3)], ("a", "b", "c"), (PROMPTS,) * 3)
    return CaptionedExamples(pictures, SIDE, holes=holes)


def task(base: Path, method: str, **others) -> AdaptationTask:
    torch.manual_seed(0)
    options = AdaptationOptions(
        CPU,
        AdaptationMethod(method),
        rank=4,
        token=TOKEN,
        samples=PROMPTS,
        sample_side=SIDE,
        sample_steps=1,
        **others,
    )
    return AdaptationTask(find_installed(str(base)), options)


def fill(scan: Path, model: Path, adapters: str = "", prompt: str = "") -> np.ndarray:
    mask = np.zeros((64, 64), np.bool_)
    mask[20:44, 20:44] = True
    request = RestorationRequest.of(
        "stable-diffusion",
        model=str(model),
        adapters=adapters,
        steps=1,
        device="cpu",
        detail=0.0,
        prompt=prompt,
    )
    with open_painting(scan) as painting:
        result = restore(painting, DamageMap.from_mask(mask), request)
        return np.concatenate([patch.samples.ravel() for patch in result.patches(painting)])


@pytest.mark.parametrize(
    ("part", "method"),
    [
        ("artist", "full"),
        ("artist", "lora"),
        ("adapters", "dreambooth"),
        ("adapters", "lora"),
        ("adapters", "textual-inversion"),
    ],
)
def test_from_pictures_to_a_fill(
    tmp_path: Path, works: Path, bases: Path, cli, part: str, method: str
) -> None:
    base, run = bases / "sd1", tmp_path / "run"
    kind, name = RESULTS[method]
    artist = ["--artist", "Claude Monet"] if part == "artist" else []
    answer = cli(
        "train", part, works / "Claude_Monet", "--base", base, "-o", run, *toy_options(method), *artist,
        "--steps", 2, "--rate", 0.05, "--batch", 1,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "memory: about" in answer.out
    assert "time: about" in answer.out
    result = next((run / name).glob("*.safetensors"), run / name)
    assert identify(result).kind is kind
    assert identify(run / name).kind is kind
    for sample in ("sample-before.png", "sample-after.png"):
        assert (run / sample).read_bytes() == (run / name / sample).read_bytes()
    assert (run / "sample-before.png").read_bytes() != (run / "sample-after.png").read_bytes()
    card = (run / name / "README.md").read_text()
    assert "base sha256" in card
    for path in (*run.rglob("*.json"), *run.rglob("*.md")):
        assert str(tmp_path) not in path.read_text(), path
    assert cli("models", "add", result, "--name", "mine").code == 0
    tifffile.imwrite(tmp_path / "scan.tif", picture(64), photometric="rgb")
    prompt = TOKEN if method == "textual-inversion" else "boats"
    before = fill(tmp_path / "scan.tif", base, prompt=prompt)
    if kind is ModelKind.PIPELINE:
        after = fill(tmp_path / "scan.tif", find_installed("mine").path, prompt=prompt)
    else:
        after = fill(tmp_path / "scan.tif", base, "mine", prompt=prompt)
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("method", ["full", "lora", "textual-inversion"])
def test_an_interrupted_training_ends_like_an_uninterrupted_one(
    tmp_path: Path, bases: Path, method: str
) -> None:
    def trained(folder: Path, *stops: int) -> torch.Tensor:
        for stop in (*stops, None):
            options = LoopOptions(
                folder, steps=4, batch=2, device="cpu", precision="no", warmup=1, average=0.0, constant=True
            )
            trainer = Trainer(task(bases / "sd1", method), examples(), options)
            if stop is None:
                assert trainer.run(Progress()).step == 4
                continue
            reached = trainer.clock.step + stop
            with pytest.raises(Cancelled):
                trainer.run(Progress(cancelled=partial(_has_reached, trainer, reached)))
        return torch.cat([p.detach().flatten() for p in trainer.bare.parameters()])

    whole = trained(tmp_path / "whole")
    assert torch.allclose(whole, trained(tmp_path / "parts", 1, 2), atol=1e-6)


def _has_reached(trainer: Trainer, step: int) -> bool:
    return trainer.clock.step >= step


@pytest.mark.parametrize(("method", "rate"), [("full", 2e-3), ("lora", 2e-2), ("textual-inversion", 0.2)])
def test_the_loss_of_a_toy_set_falls(bases: Path, method: str, rate: float) -> None:
    adapted, data = task(bases / "sd1", method), examples()
    batch = data.collate([data[index] for index in range(4)])
    frozen = {name: p.clone() for name, p in adapted.parts.autoencoder.named_parameters()}
    optimizer = torch.optim.AdamW(adapted.module.parameters(), rate)
    losses = []
    for _ in range(15):
        loss, _ = adapted.loss(adapted.module, batch, 0)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * (0.97 if method != "textual-inversion" else 0.9999)
    assert all(torch.equal(p, frozen[name]) for name, p in adapted.parts.autoencoder.named_parameters())


@pytest.mark.parametrize("base", ["inpainting", "sdxl"])
@pytest.mark.parametrize("method", ["full", "lora", "textual-inversion"])
def test_other_families_and_nine_channels_are_trained(
    bases: Path, tmp_path: Path, base: str, method: str
) -> None:
    adapted, data = task(bases / base, method), examples(holes=base == "inpainting")
    assert adapted.inpainting == (base == "inpainting")
    loss, _ = adapted.loss(adapted.module, data.first(3), 0)
    loss.backward()
    gradients = [p.grad for p in adapted.module.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert adapted.sample().shape == (SIDE, 2 * SIDE, 3)
    result = adapted.weights.save(tmp_path, "mine")
    identity = identify(result)
    assert identity.kind is RESULTS[method][0]


def test_a_killed_command_continues(tmp_path: Path, works: Path, bases: Path, cli) -> None:
    run = tmp_path / "run"
    command = ["train", "artist", works / "Claude_Monet", "--base", bases / "sd1", *toy_options("lora")]
    assert cli(*command, "-o", run, "--steps", 1).code == 0
    before = (run / "sample-before.png").stat().st_mtime_ns
    answer = cli(*command, "-o", run, "--steps", 2)
    assert answer.code == 0, answer.err
    assert "- steps: 2" in (run / "lora" / "README.md").read_text()
    assert (run / "sample-before.png").stat().st_mtime_ns == before
    answer = cli(*command, "-o", run, "--steps", 2, "--caption", "boats")
    assert answer.code == 2
    assert "another base model, method, pictures or captions" in answer.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--method", "lora", "--side", 20], "multiple of 16"),
        (["--rank", 4], "Only a LoRA has a rank"),
        (["--template", "{caption}, {artist}"], "--template needs the artist's name"),
        (["--template", "by {artist}", "--artist", "X"], "needs {caption}"),
        (["--caption", "boats", "--captions", "{works}/none.csv"], "either --captions or --caption"),
        (["--captions", "{works}/none.csv"], "can't be read: No such file"),
        (["--steps", 1, "--epochs", 1], "either --steps or --epochs"),
        (["--base", "{works}"], "contains no model"),
        (["--eight-bit"], "8-bit optimizer needs"),
        (["-o", "{works}/Claude_Monet/run"], "Claude_Monet, which is read: choose a folder elsewhere"),
        (["-o", "{base}/run"], "sd1, which is read: choose a folder elsewhere"),
        (["--captions", "{works}"], "can't be read: Is a directory"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    tmp_path: Path, works: Path, bases: Path, cli, options: list[object], sentence: str
) -> None:
    places = {"{works}": works, "{base}": bases / "sd1"}
    given = [str(option) for option in options]
    for place, folder in places.items():
        given = [each.replace(place, str(folder)) for each in given]
    toy = ["--device", "cpu", "--precision", "no"]
    answer = cli(
        "train",
        "artist",
        works / "Claude_Monet",
        "--base",
        bases / "sd1",
        *toy,
        "-o",
        tmp_path / "run",
        *given,
    )
    assert answer.code == 2
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "run").exists()
    assert not (bases / "sd1" / "run").exists()


def test_wrong_words_of_textual_inversion_are_refused(tmp_path: Path, works: Path, bases: Path, cli) -> None:
    command = [
        "train",
        "adapters",
        works / "Claude_Monet",
        "--base",
        bases / "sd1",
        "-o",
        tmp_path / "run",
        "--device",
        "cpu",
    ]
    for wrong, sentence in (
        (["--token", "two words"], "needs angle brackets"),
        (["--token", f"<{'a' * 41}>"], "around at most 40 letters"),
        (["--initializer", "craquelure"], "one common word"),
    ):
        answer = cli(*command, "--method", "textual-inversion", *wrong)
        assert answer.code == 2
        assert sentence in answer.err


def test_captions_come_from_the_models_and_survive_edits(tmp_path: Path, works: Path, cli) -> None:
    table = tmp_path / "captions.csv"
    models = ["--captioner", tiny_blip(tmp_path / "blip"), "--clip", tiny_clip(tmp_path / "clip")]
    assert identify(tmp_path / "blip").kind is ModelKind.CAPTIONER
    assert identify(tmp_path / "clip").kind is ModelKind.CLIP
    command = ["train", "captions", works / "Claude_Monet", *models, "--device", "cpu", "-o", table]
    answer = cli(*command, "--threshold", 1)
    assert answer.code == 0, answer.err
    rows = read_rows(table)
    assert [row.path for row in rows] == [f"work-{index}.png" for index in range(4)]
    assert all(row.similarity is not None and -1 <= row.similarity < 1 and not row.kept for row in rows)
    edited = [CaptionRow("work-0.png", "boats, at dusk"), CaptionRow("work-1.png", "trees", 0.1, kept=False)]
    write_rows(table, edited)
    answer = cli(*command, "--threshold", -1)
    assert answer.code == 0, answer.err
    assert "4 captions, 3 kept" in answer.out
    assert read_rows(table)[:2] == edited
    answer = cli("train", "captions", works, "--captioner", tmp_path / "clip", "-o", tmp_path / "new.csv")
    assert answer.code == 2
    assert "is no captioning model" in answer.err
    assert not (tmp_path / "new.csv").exists()


def test_a_table_of_captions_decides_what_is_trained_on(tmp_path: Path, works: Path) -> None:
    table = tmp_path / "captions.csv"
    write_rows(table, [CaptionRow("work-2.png", "boats"), CaptionRow("work-3.png", "sky", 0.1, kept=False)])
    training, unseen = load_captioned([works / "Claude_Monet"], lambda name, caption: (caption,), table)
    assert (training.names, training.prompts, len(unseen)) == (("work-2.png",), (("boats",),), 0)
    with table.open(newline="") as file:
        assert next(csv.DictReader(file)) == {
            "path": "work-2.png", "caption": "boats", "similarity": "", "kept": "yes"
        }  # fmt: skip
    for text, sentence in (
        ("a;b\n", "no columns path and caption"),
        ("path,caption\nwork-2.png,boats, at dusk\n", "line 2 has too many columns"),
        ("path,caption\nwork-2.png,boats\nwork-2.png,sky\n", "line 3 names work-2.png a second time"),
        ("path,caption,kept\nx.png,boats,maybe\n", "line 2 needs a path"),
        ("path,caption,similarity\nx.png,boats,high\n", "similarity in line 2"),
        ("path,caption\nother.png,boats\n", "keeps none of the pictures"),
    ):
        table.write_text(text)
        with pytest.raises(InputError, match=sentence):
            load_captioned([works / "Claude_Monet"], lambda name, caption: (caption,), table)


def test_tables_of_spreadsheets_are_read(tmp_path: Path) -> None:
    table = tmp_path / "captions.csv"
    expected = [CaptionRow("a.png", "boats, at dusk", 0.25), CaptionRow("b.png", "sky", kept=False)]
    for mark in ";\t":
        text = "path,caption,similarity,kept\na.png,BOATS,0.25,yes\nb.png,sky,,no\n,,,\n\n"
        table.write_text("\ufeff" + text.replace(",", mark).replace("BOATS", "boats, at dusk"), "utf-8")
        assert read_rows(table) == expected
    table.write_bytes("path,caption\na.png,Bäume\n".encode("cp1252"))
    with pytest.raises(InputError, match="save it as CSV in UTF-8"):
        read_rows(table)


def test_what_a_table_leaves_out_is_said(tmp_path: Path, works: Path, bases: Path, cli) -> None:
    table, source = tmp_path / "captions.csv", works / "Claude_Monet"
    write_rows(
        table, [CaptionRow("work-0.png", "boats"), CaptionRow("work-1.png", ""), CaptionRow("wrok.png", "x")]
    )
    run = tmp_path / "run"
    command = ["train", "artist", source, "--base", bases / "sd1", "--captions", table, "--method", "lora",
               "--device", "cpu", "--plan", "-o", run]  # fmt: skip
    answer = cli(*command, "--side", 128)
    assert answer.code == 0, answer.err
    notes = [line for line in answer.out.splitlines() if line.startswith("note: ")]
    assert notes == [
        "note: Pictures that the table of captions doesn't list are left out: 2, such as work-2.png.",
        "note: Pictures with an empty caption are left out: 1, such as work-1.png.",
        "note: Rows of the table without a picture are ignored: 1, such as wrok.png.",
        "note: Pictures smaller than 128 px are enlarged, and their blur is learned: 1, such as "
        "work-0.png (72 × 72 px). Leave them out, or choose a smaller --side.",
        "note: Fewer than 20 pictures are learned by heart: compare the samples with them.",
    ]


def test_an_epoch_has_every_picture_once() -> None:
    data = examples()
    corners = [{float(data[3 * epoch + k][0].mean()) for k in range(3)} for epoch in range(2)]
    assert all(len(epoch) == 3 for epoch in corners)
    for first, second in zip(data[5][:2], examples()[5][:2]):
        assert torch.equal(first, second)
    assert examples(holes=False)[0][1].all()
    assert not all(examples(holes=True)[k][1].all() for k in range(8))


def test_the_plan_counts_what_each_method_trains(bases: Path, tmp_path: Path) -> None:
    options = LoopOptions(tmp_path / "run", steps=10, batch=1, average=0.0)
    plans = {}
    for method in ("full", "lora", "textual-inversion"):
        adapted = task(bases / "sd1", method)
        plans[method] = plan_training(adapted, adapted.module, SIDE, options)
    assert plans["full"].trained > plans["lora"].trained > plans["textual-inversion"].trained > 0
    assert plans["full"].memory > plans["lora"].memory
    assert all(plan.average == 0 and plan.frozen > 0 for plan in plans.values())
    state = json.dumps(plans["lora"].lines())
    assert "average 0.0" in state
