from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from imagest_core.models.imagest.style_swin import (
    RELATIVE,
    StyleConfig,
    StyleSwinEncoder,
    deviation_index,
    deviation_table,
    paper_style,
)


def test_the_paper_encoder_is_swin_s() -> None:
    with torch.device("meta"):
        encoder = StyleSwinEncoder(replace(paper_style(), position=RELATIVE))
    assert round(sum(p.numel() for p in encoder.swin.parameters()) / 1e6, 1) == 48.8
    assert sum(len(stage.blocks) for stage in encoder.swin.layers) == 24


def timm_swin(config: StyleConfig) -> torch.nn.Module:
    """timm's Swin with the shift taken out of every block."""
    from timm.models.swin_transformer import SwinTransformer, SwinTransformerBlock

    swin = SwinTransformer(
        img_size=config.side,
        patch_size=config.patch,
        num_classes=0,
        global_pool="",
        embed_dim=config.channels,
        depths=config.depths,
        num_heads=config.heads,
        window_size=config.window,
        drop_path_rate=0.0,
    )
    for block in swin.modules():
        if isinstance(block, SwinTransformerBlock):
            block.shift_size = block.target_shift_size = (0, 0)
            block.attn_mask = None
    return swin.eval()


@pytest.mark.parametrize(
    "config",
    [
        StyleConfig(side=64, channels=8, depths=(2, 1, 2), heads=(1, 2, 4), window=4, position=RELATIVE),
        StyleConfig(side=56, channels=16, depths=(1, 2), heads=(2, 4), window=7, position=RELATIVE),
    ],
)
def test_output_equals_timm(config: StyleConfig) -> None:
    torch.manual_seed(0)
    reference, own = timm_swin(config), StyleSwinEncoder(config).swin.eval()
    own.load_state_dict(reference.state_dict())
    picture = torch.randn(2, 3, config.side, config.side)
    assert torch.allclose(own(picture), reference.forward_features(picture), atol=1e-5)


def test_windows_do_not_see_each_other_in_the_first_stage() -> None:
    torch.manual_seed(0)
    encoder = StyleSwinEncoder(StyleConfig(side=32, channels=8, depths=(2,), heads=(2,), window=4)).eval()
    picture = torch.rand(1, 3, 32, 32)
    other = picture.clone()
    other[..., 16:, 16:] = 0.5
    tokens, changed = (encoder(p).view(8, 8, -1) for p in (picture, other))
    assert torch.equal(tokens[:4], changed[:4])
    assert torch.equal(tokens[:, :4], changed[:, :4])
    assert not torch.allclose(tokens[4:, 4:], changed[4:, 4:])


def test_tokens_have_the_promised_shape() -> None:
    encoder = StyleSwinEncoder()
    assert encoder(torch.zeros(2, 3, 128, 128)).shape == (2, 16, 256)


def test_deviation_is_symmetric_for_mirrored_offsets() -> None:
    index = deviation_index(4, 4)
    assert index.shape == (16, 16)
    assert torch.equal(index, index.T)
    assert index.max() == 15
    assert index[0, 0] == 0


def test_deviation_table_is_the_mean_of_mirrored_offsets() -> None:
    relative = torch.arange(9.0)[:, None]  # a 2×2 window: offsets −1, 0, 1 each way
    folded = deviation_table(relative, 2, 2)
    assert folded.flatten().tolist() == [4.0, 4.0, 4.0, 4.0]
    lopsided = torch.zeros(3, 3, 1)
    lopsided[1, 2] = 2.0
    assert deviation_table(lopsided.view(9, 1), 2, 2).flatten().tolist() == [0.0, 1.0, 0.0, 0.0]


def test_an_unknown_position_table_is_refused() -> None:
    with pytest.raises(ValueError, match="position table"):
        StyleSwinEncoder(StyleConfig(position="absolute"))
