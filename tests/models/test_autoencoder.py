from __future__ import annotations

import torch
from tiny_model import tiny_network

from imagest_core.models.imagest.autoencoder import ImagestAutoencoder, latent_mask


def test_latents_have_a_quarter_of_the_resolution() -> None:
    assert ImagestAutoencoder().encode(torch.zeros(1, 3, 256, 256)).shape == (1, 4, 64, 64)


def test_known_pixels_are_kept_exactly() -> None:
    autoencoder = tiny_network().autoencoder
    prefilled = torch.rand(1, 3, 32, 32) * 2 - 1
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:20, 8:20] = 1
    painted = autoencoder.decode(autoencoder.encode(prefilled), latent_mask(mask), prefilled, mask)
    known = mask.expand_as(painted) == 0
    assert torch.equal(painted[known], prefilled[known])
    assert not torch.allclose(painted[~known], prefilled[~known])


def test_the_decoder_looks_at_no_latent_outside_the_hole() -> None:
    autoencoder = tiny_network().autoencoder
    prefilled = torch.rand(1, 3, 32, 32)
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 12:16, 12:16] = 1
    inside = latent_mask(mask)
    latents = torch.randn(1, 4, 8, 8)
    spoilt = torch.where(inside > 0, latents, torch.full_like(latents, 99.0))
    first, second = (autoencoder.decode(z, inside, prefilled, mask) for z in (latents, spoilt))
    assert torch.equal(first, second)
    assert not torch.equal(first, autoencoder.decode(latents + inside, inside, prefilled, mask))


def test_a_fresh_network_answers_with_the_harmonic_fill() -> None:
    autoencoder = ImagestAutoencoder().eval()
    prefilled = torch.rand(1, 3, 64, 64)
    mask = torch.ones(1, 1, 64, 64)
    with torch.no_grad():
        painted = autoencoder.decode(torch.randn(1, 4, 16, 16), latent_mask(mask), prefilled, mask)
    assert torch.equal(painted, prefilled)


def test_hair_crack_is_kept_on_the_latent_grid() -> None:
    for column in range(32):
        mask = torch.zeros(1, 1, 32, 32)
        mask[..., column] = 1
        assert latent_mask(mask, dilation=0).sum() == 8
        assert latent_mask(mask).sum() >= 16
