"""A vision Transformer: an image is a sequence of patches, and an encoder reads it."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attend._arguments import check_divides, check_whole
from attend.nn._arguments import check_tensors
from attend.nn.block import EncoderLayer
from attend.nn.models import initialise
from attend.nn.stack import Encoder


def patches(images: Float[Tensor, "batch height width"], size: int) -> Float[Tensor, "batch n pixels"]:
    """Cut grey images into squares of `size` pixels a side, row by row, and lay each out as one vector.

    Raises TypeError or ValueError for images of another shape, or a size that does not divide their sides.
    """
    check_tensors(images=images)
    if images.ndim != 3:
        raise ValueError(f"images: expected shape (batch, height, width), received {tuple(images.shape)}")
    check_divides("size", size, "the height of images", images.shape[1])
    check_divides("size", size, "the width of images", images.shape[2])
    squares = images.unfold(1, size, size).unfold(2, size, size)  # (batch, rows, columns, size, size)
    return squares.flatten(3).flatten(1, 2)


class VisionTransformer(nn.Module):
    """Say what an image shows: patches for tokens, one more token in front that collects the answer.

    Dosovitskiy et al. (2021), section 3.1, with pre-LN layers. Without `positions` no patch knows where it
    stands. Raises TypeError or ValueError for sizes that do not fit.
    """

    def __init__(
        self,
        image_size: int,
        patch_size: int,
        classes: int,
        *,
        d_model: int,
        num_heads: int,
        d_ff: int,
        num_layers: int,
        positions: bool = True,
    ) -> None:
        super().__init__()
        check_whole("image_size", image_size)
        check_whole("classes", classes)
        check_whole("num_layers", num_layers)
        check_divides("patch_size", patch_size, "image_size", image_size)
        self.patch_size, count = patch_size, (image_size // patch_size) ** 2
        self.embedding = nn.Linear(patch_size**2, d_model)
        self.first = nn.Parameter(0.02 * torch.randn(d_model))
        self.positions = nn.Parameter(0.02 * torch.randn(1 + count, d_model)) if positions else None
        layers = [EncoderLayer(d_model, num_heads, d_ff, activation="gelu") for _ in range(num_layers)]
        self.encoder = Encoder(layers, nn.LayerNorm(d_model))
        self.output = nn.Linear(d_model, classes)
        initialise(self, 0.02)

    def forward(self, images: Float[Tensor, "batch height width"]) -> Float[Tensor, "batch classes"]:
        """Give a score for each class."""
        return self.read(patches(images, self.patch_size))

    def read(self, squares: Float[Tensor, "batch n pixels"]) -> Float[Tensor, "batch classes"]:
        """Give a score for each class from patches, in whatever order they come."""
        x = self.embedding(squares)  # (batch, n, d_model)
        x = torch.cat((self.first.expand(len(x), 1, -1), x), dim=1)  # (batch, 1 + n, d_model)
        if self.positions is not None:
            x = x + self.positions
        return self.output(self.encoder(x)[:, 0])
