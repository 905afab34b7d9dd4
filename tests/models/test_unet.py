from __future__ import annotations

import pytest
import torch
from tiny_model import tiny_config, tiny_network

from imagest_core.models.imagest.attention import (
    StyleContext,
    StyleProjection,
    install_style,
    style_layers,
)
from imagest_core.models.imagest.network import ImagestNetwork, NetworkConfig
from imagest_core.models.imagest.unet import ConditionalUNet, UNetConfig


def velocity(
    network: ImagestNetwork, style: StyleContext | None, text: torch.Tensor | None = None
) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(2, 4, 16, 16, generator=generator)
    return network.unet(z, torch.ones(2, 1, 16, 16), z * 0.5, torch.tensor([500, 900]), style, text)


def test_the_embedded_network_has_nine_channels_in_and_one_styled_layer() -> None:
    network = ImagestNetwork()
    assert network.unet.net.conv_in.in_channels == 9
    assert style_layers(network.unet.net) == ["down_blocks.1.attentions.0.transformer_blocks.0.attn2"]
    assert 2 * network.parameter_count() < 40e6, "fp16 weights must stay under 40 MB"


def test_synthesis_puts_style_into_the_decoder() -> None:
    network = ImagestNetwork(tiny_config(synthesis=("up_blocks",)))
    layers = style_layers(network.unet.net)
    assert any(name.startswith("up_blocks") for name in layers)
    assert not any(name.startswith("mid_block") for name in layers)


def test_missing_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="No cross-attention"):
        install_style(tiny_network().unet.net, ("down_blocks.0.attentions.0",), 16)


def test_style_reaches_the_answer_and_its_strength_counts() -> None:
    network = tiny_network()
    tokens = torch.randn(1, 4, 16)
    strength = torch.ones(1, 1, 1)
    none, full = velocity(network, None), velocity(network, StyleContext(tokens, strength))
    off = velocity(network, StyleContext(tokens, strength * 0))
    assert torch.allclose(none, off, atol=1e-6)
    assert not torch.allclose(none, full, atol=1e-4)


def test_keys_and_values_are_computed_once_per_run(monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_network()
    calls = []
    layer = next(m for m in network.unet.modules() if isinstance(m, StyleProjection))
    layer.to_k_style.register_forward_hook(lambda *_: calls.append(1))
    style = network.style_context(torch.rand(3, 3, 32, 32))
    first = velocity(network, style)
    assert torch.equal(first, velocity(network, style))
    assert len(calls) == 1


def test_text_enters_the_same_unet() -> None:
    network = tiny_network(tiny_config(text=24))
    text = torch.randn(2, 7, 24)
    assert not torch.allclose(velocity(network, None), velocity(network, None, text), atol=1e-5)


def test_several_references_give_one_row_of_tokens() -> None:
    network = tiny_network()
    one = network.style(torch.zeros(1, 3, 32, 32)).shape[1]
    assert network.style_context(torch.zeros(3, 3, 32, 32)).tokens.shape == (1, 3 * one, 16)


def test_configuration_round_trips_through_json() -> None:
    config = tiny_config(synthesis=("up_blocks",), text=8)
    assert NetworkConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    "config",
    [
        UNetConfig(channels=(32, 64), attention=(False, True), layers=1, head_channels=16),
        UNetConfig(channels=(32, 64, 96), attention=(True, True, False), layers=2, text_channels=24),
    ],
)
def test_output_equals_diffusers(config: UNetConfig) -> None:
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    text = bool(config.text_channels)
    reference = UNet2DConditionModel(
        in_channels=9,
        out_channels=4,
        block_out_channels=config.channels,
        down_block_types=[f"{'CrossAttn' if a else ''}DownBlock2D" for a in config.attention],
        up_block_types=[f"{'CrossAttn' if a else ''}UpBlock2D" for a in reversed(config.attention)],
        layers_per_block=config.layers,
        attention_head_dim=tuple(max(1, c // config.head_channels) for c in config.channels),
        cross_attention_dim=config.context_channels,
        encoder_hid_dim=config.text_channels or None,
        encoder_hid_dim_type="text_proj" if text else None,
        use_linear_projection=True,
    ).eval()
    own = ConditionalUNet(config).eval()
    own.load_state_dict(reference.state_dict())
    x, t = torch.randn(2, 9, 16, 16), torch.tensor([3, 700])
    context = torch.randn(2, 5, config.text_channels or config.context_channels)
    expected = reference(x, t, encoder_hidden_states=context, return_dict=False)[0]
    assert torch.allclose(own(x, t, context, None), expected, atol=1e-5)


def test_filling_imports_neither_diffusers_nor_transformers() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from imagest_core.progress import Progress;"
        "from imagest_core.restoration.engines.registry import get_engine;"
        "from imagest_core.restoration.request import RestorationRequest;"
        "get_engine('imagest').preload(RestorationRequest(), Progress());"
        "sys.exit(any(n in sys.modules for n in ('diffusers', 'transformers', 'timm', 'torchvision')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
