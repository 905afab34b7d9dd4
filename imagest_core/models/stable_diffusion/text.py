"""Encode prompts with the text encoders of Stable Diffusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from imagest_core.models.identity import Family
from imagest_core.models.stable_diffusion.prompts import chunk_count, chunks


@dataclass(frozen=True, eq=False)
class EncodedText:
    """``tokens`` (1, 77 · chunks, d) and, for Stable Diffusion XL, ``pooled`` (1, d₂)."""

    tokens: Tensor
    pooled: Tensor | None = None


class PromptEncoder:
    """The tokenizers and text encoders of a model."""

    def __init__(self, holder: Any, family: Family) -> None:
        self._holder, self._family = holder, family
        names = ("", "_2") if family is Family.SDXL else ("",)
        self._pairs = [
            (getattr(holder, f"tokenizer{name}"), getattr(holder, f"text_encoder{name}")) for name in names
        ]

    def encode(self, prompts: Sequence[str]) -> list[EncodedText]:
        """Encode ``prompts`` with the same number of chunks."""
        tables = [[self._token_ids(tokenizer, prompt) for prompt in prompts] for tokenizer, _ in self._pairs]
        count = chunk_count(tables)
        return [
            self._encoded([table[index] for table in tables], count, empty=not prompt)
            for index, prompt in enumerate(prompts)
        ]

    def _token_ids(self, tokenizer: Any, prompt: str) -> list[int]:
        text = self._holder.maybe_convert_prompt(prompt, tokenizer)
        return list(tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids)

    def _encoded(self, ids: Sequence[list[int]], count: int, empty: bool) -> EncodedText:
        parts, pooled = [], None
        for own, (tokenizer, encoder) in zip(ids, self._pairs):
            special = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
            table = torch.tensor(chunks(own, count, *special), device=encoder.device)
            output = encoder(table, output_hidden_states=self._family is Family.SDXL)
            hidden = output.hidden_states[-2] if self._family is Family.SDXL else output[0]
            parts.append(hidden.reshape(1, -1, hidden.shape[-1]))
            pooled = output[0][:1] if self._family is Family.SDXL else None
        tokens = torch.cat(parts, -1)
        if empty and self._family is Family.SDXL and self._holder.config.force_zeros_for_empty_prompt:
            return EncodedText(torch.zeros_like(tokens), torch.zeros_like(pooled))  # type: ignore[arg-type]
        return EncodedText(tokens, pooled)
