"""CLIP's tokenizer in Python beside that of transformers."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagest_core.errors import ModelError
from imagest_core.models.clip_tokenizer import END, START, write_tokenizer
from imagest_core.models.onnx.clip_tokens import ClipTokenizer, read_tokenizer

PROMPTS = (
    "",
    "a red cloak with gold",
    "An OLD   woman's  hands,\n\tholding a 17th-century book (oil on canvas)!!",
    "they're, it's 'tis we'll I'd 'sand",
    "ÉTIENNE façade — œuvre d'art, naïve; Ångström İstanbul ΟΔΟΣ",
    "红色的 cloak 123 ٣٤ ½ Ⅷ x² 😀👩‍🎨 a_b",
    "e\u0301 <|endoftext|> after <|startoftext|>hi!",
    "wow! no!!",
    "pneumonoultramicroscopicsilicovolcanoconiosis " * 5,
)


@pytest.fixture(scope="module", params=[END, "!"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    from transformers import CLIPTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder, request.param)
    theirs = CLIPTokenizer.from_pretrained(folder)
    special = {word: theirs.convert_tokens_to_ids(word) for word in (START, END, request.param)}
    return read_tokenizer(folder, special, special[END]), theirs


def test_the_tokens_are_those_of_transformers(both) -> None:
    own, theirs = both
    for prompt in PROMPTS:
        expected = theirs(prompt, add_special_tokens=False, truncation=False).input_ids
        assert own.ids(prompt) == expected, prompt


def test_what_the_vocabulary_lacks_is_unknown() -> None:
    tokenizer = ClipTokenizer({"a</w>": 5}, [], {}, 9)
    assert tokenizer.ids("a b") == [5, 9]


@pytest.mark.parametrize("text", ["[]", "{}x", '{"a": "b"}'])
def test_an_invalid_vocabulary_is_refused(tmp_path: Path, text: str) -> None:
    write_tokenizer(tmp_path / "tokenizer")
    (tmp_path / "tokenizer" / "vocab.json").write_text(text)
    with pytest.raises(ModelError, match="tokenizer of CLIP"):
        read_tokenizer(tmp_path / "tokenizer", {}, 0)
