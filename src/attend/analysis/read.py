"""Read a vector in the middle of a model: through its own output layer, or with a linear probe."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attend._arguments import check_positive, check_shapes
from attend.analysis.intervene import activations
from attend.nn._arguments import check_tensors
from attend.nn.models import DecoderOnly


@torch.no_grad()
def logit_lens(model: DecoderOnly, ids: Int[Tensor, "batch n"]) -> Float[Tensor, "depth batch n vocabulary"]:
    """Give the logits that each layer's output would have if it were the last: embedding, layer 1, …, L.

    The last norm and the output layer are applied to each. nostalgebraist (2020). The last entry is the
    model's own answer.
    """
    layers = [f"stack.layers.{i}" for i in range(len(model.stack.layers))]
    with activations(model, ["embedding", *layers]) as found:
        model(ids)
    return torch.stack([model.output(model.stack.norm(found[name])) for name in ("embedding", *layers)])


class Probe(NamedTuple):
    """A linear classifier: class scores are `features @ matrix + bias`."""

    matrix: Float[Tensor, "d classes"]
    bias: Float[Tensor, " classes"]

    def predict(self, features: Float[Tensor, "b d"]) -> Int[Tensor, " b"]:
        """The likeliest class of each row."""
        return (features @ self.matrix + self.bias).argmax(dim=-1)

    def accuracy(self, features: Float[Tensor, "b d"], labels: Int[Tensor, " b"]) -> float:
        """The share of rows whose class is predicted right."""
        return (self.predict(features) == labels).double().mean().item()


def fit_probe(features: Float[Tensor, "b d"], labels: Int[Tensor, " b"], ridge: float | int = 1e-2) -> Probe:
    r"""Fit a linear probe by ridge regression on one column a class: no seed, no steps, one solution.

    $W = (X^\top X / b + \lambda I)^{-1} X^\top Y / b$ on centred data. Probes as in Alain and Bengio (2016).
    Raises TypeError or ValueError for shapes that do not fit or a `ridge` that is not above zero.
    """
    check_tensors(features=features)
    check_shapes(features=(features, "b d"), labels=(labels, "b"))
    check_positive("ridge", ridge)
    x = features.double()
    y = torch.nn.functional.one_hot(labels).double()  # (b, classes)
    x_mean, y_mean = x.mean(dim=0), y.mean(dim=0)
    x, y = x - x_mean, y - y_mean
    identity = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    matrix = torch.linalg.solve(x.mT @ x / len(x) + ridge * identity, x.mT @ y / len(x))
    return Probe(matrix.to(features.dtype), (y_mean - x_mean @ matrix).to(features.dtype))


def control_labels(tokens: Int[Tensor, " b"], num_classes: int, seed: int = 0) -> Int[Tensor, " b"]:
    """Give each kind of token a class by chance: a task that only memory can solve.

    A probe that is as good at this as at the real task shows what the probe can learn, not what the model
    knows; the difference is its selectivity. Hewitt and Liang (2019).
    """
    kinds = int(tokens.max()) + 1
    classes = torch.randint(num_classes, (kinds,), generator=torch.Generator().manual_seed(seed))
    return classes.to(tokens.device)[tokens]
