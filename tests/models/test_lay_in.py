"""The lay-in: what it sees, what it may change, and that it can learn."""

from __future__ import annotations

import torch
from tiny_model import picture

from imagest_core.models.lay_in import LayIn, LayInConfig
from imagest_core.restoration.lay_in import broad, laid_in
from imagest_core.restoration.spline import spline_torch
from imagest_core.training.examples import Batch
from imagest_core.training.lay_in import LayInTask

TOY = LayInConfig(channels=(8, 8, 16), heads=2)


def scene(side: int = 64, hole: slice = slice(16, 48)) -> tuple[torch.Tensor, torch.Tensor]:
    clean = torch.from_numpy(picture(side)).permute(2, 0, 1)[None].float() / 127.5 - 1
    mask = torch.zeros(1, 1, side, side)
    mask[..., hole, hole] = 1
    return clean, mask


def stirred(seed: int = 0) -> LayIn:
    torch.manual_seed(seed)
    network = LayIn(TOY)
    torch.nn.init.normal_(network.head.weight, std=0.1)
    return network.eval().requires_grad_(False)


def test_untrained_it_changes_nothing() -> None:
    clean, mask = scene()
    assert torch.equal(laid_in(clean, mask, LayIn(TOY).eval().requires_grad_(False)), clean)


def test_it_changes_the_hole_alone_and_never_looks_into_it() -> None:
    clean, mask = scene(70, slice(17, 55))
    filled = spline_torch(clean, mask)
    changed = laid_in(filled, mask, stirred())
    assert changed.shape == clean.shape
    assert torch.equal(changed[:, :, mask[0, 0] == 0], filled[:, :, mask[0, 0] == 0])
    assert not torch.equal(changed, filled)
    hidden = torch.where(mask > 0, torch.rand_like(clean), clean)
    for seen, other in zip(
        broad(clean[..., :64, :64], mask[..., :64, :64]), broad(hidden[..., :64, :64], mask[..., :64, :64])
    ):
        assert torch.equal(seen, other)


def test_thin_damage_is_left_to_its_rims() -> None:
    clean, mask = scene(hole=slice(30, 32))
    assert laid_in(clean, mask, stirred()) is clean


def test_it_learns_what_the_surroundings_tell_of_a_large_hole() -> None:
    """Holes in the middle of pictures that are darker there: a spline can't know, the lay-in soon does."""
    torch.manual_seed(0)
    clean, mask = scene()
    clean = (torch.rand(8, 3, 1, 1) * 0.5).expand(8, 3, 64, 64).clone()
    clean[..., 20:44, 20:44] -= 0.8
    batch = Batch(clean, mask.expand(8, -1, -1, -1), clean)
    task = LayInTask(TOY, batch)
    before = task.evaluate(torch.device("cpu"))[0]
    optimizer = torch.optim.Adam(task.module.parameters(), 3e-3)
    for step in range(60):
        loss, details = task.loss(task.module, batch, step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after, shown = task.evaluate(torch.device("cpu"))
    assert before["lay-in"] == before["prefill"]
    assert after["lay-in"] > after["prefill"] + 3
    assert details["gain"] > 3
    assert shown.shape == (6 * 16, 4 * 16, 3)
