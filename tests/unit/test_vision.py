"""The vision Transformer: patches in order, PyTorch's own encoder agrees, no positions means no order."""

import re

import pytest
import torch
from torch import nn

from attend.nn.convert import ENCODER_LAYER
from attend.nn.vision import VisionTransformer, patches

SIZES = {"d_model": 12, "num_heads": 3, "d_ff": 16, "num_layers": 2}


def test_patches_are_cut_row_by_row_and_keep_every_pixel():
    image = torch.arange(48.0).reshape(1, 6, 8)
    squares = patches(image, 2)
    assert squares.shape == (1, 12, 4)
    assert squares[0, 0].tolist() == [0, 1, 8, 9]
    assert squares[0, 1].tolist() == [2, 3, 10, 11]
    assert squares[0, 4].tolist() == [16, 17, 24, 25]
    assert sorted(squares.flatten().tolist()) == list(range(48))


def test_patches_are_pytorchs_unfold():
    images = torch.randn(3, 8, 8, dtype=torch.float64)
    expected = nn.functional.unfold(images[:, None], 4, stride=4).mT
    torch.testing.assert_close(patches(images, 4), expected, rtol=0, atol=0)


def make(positions=True):
    torch.manual_seed(0)
    return VisionTransformer(8, 4, 5, positions=positions, **SIZES).double().eval()


def test_the_whole_model_agrees_with_pytorchs_parts():
    model, images = make(), torch.randn(3, 8, 8, dtype=torch.float64)
    layer = nn.TransformerEncoderLayer(12, 3, 16, activation="gelu", batch_first=True, norm_first=True)
    theirs = nn.TransformerEncoder(layer, 2, nn.LayerNorm(12), enable_nested_tensor=False).double().eval()
    state = {}
    for name, tensor in model.encoder.state_dict().items():
        for pytorchs, ours in ENCODER_LAYER.items():
            name = name.replace(ours, pytorchs)
        state[name] = tensor
    theirs.load_state_dict(state)
    kernels = model.embedding.weight.reshape(12, 1, 4, 4)  # patches and their embedding are one convolution
    x = nn.functional.conv2d(images[:, None], kernels, model.embedding.bias, stride=4).flatten(2).mT
    x = torch.cat((model.first.expand(3, 1, -1), x), dim=1) + model.positions
    torch.testing.assert_close(model(images), model.output(theirs(x)[:, 0]), rtol=0, atol=1e-12)


def test_without_positions_the_order_of_patches_is_not_seen():
    squares = patches(torch.randn(3, 8, 8, dtype=torch.float64), 4)
    turned = squares[:, [2, 0, 3, 1]]
    torch.testing.assert_close(make(False).read(turned), make(False).read(squares), rtol=0, atol=1e-12)
    assert (make().read(turned) - make().read(squares)).abs().max() > 1e-6


def test_the_answer_depends_on_every_patch():
    model, images = make(), torch.randn(1, 8, 8, dtype=torch.float64, requires_grad=True)
    model(images)[0, 0].backward()
    assert (patches(images.grad, 4).abs().sum(dim=-1) > 0).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: patches(torch.ones(1, 6, 8), 4), ValueError,
         "size: expected a divisor of the height of images = 6, received 4"),
        (lambda: patches(torch.ones(1, 8, 6), 4), ValueError,
         "size: expected a divisor of the width of images = 6, received 4"),
        (lambda: VisionTransformer(8, 3, 5, **SIZES), ValueError,
         "patch_size: expected a divisor of image_size = 8, received 3"),
        (lambda: VisionTransformer(8, 4, 0, **SIZES), ValueError, "classes: expected a whole number"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


@pytest.mark.usefixtures("unchecked_shapes")
def test_images_of_another_shape_are_named():
    with pytest.raises(
        ValueError, match=re.escape("images: expected shape (batch, height, width), received")
    ):
        patches(torch.ones(8, 8), 4)
