"""Mixture of experts: many feed-forward networks, of which a router picks a few for each token."""

from jaxtyping import Float
from torch import Tensor, nn

from attend._arguments import check_whole
from attend.nn._arguments import check_inputs, check_tensors
from attend.nn.block import FeedForward


class MixtureOfExperts(nn.Module):
    """Send each token through the `top_k` of `num_experts` feed-forward networks that its router likes best.

    Shazeer et al. (2017), section 2, without their noise; with `top_k` 1, Fedus et al. (2022). Takes the
    place of `FeedForward`, whose other options it passes on. Raises TypeError or ValueError unless `top_k` is
    a whole number from 1 to `num_experts`.
    """

    def __init__(
        self, d_model: int, d_ff: int, *, num_experts: int, top_k: int, activation: str = "relu"
    ) -> None:
        super().__init__()
        check_whole("num_experts", num_experts)
        _check_top_k(top_k, num_experts)
        self.top_k = top_k
        self.router = nn.Linear(d_model, num_experts, bias=False)
        self.experts = nn.ModuleList(
            FeedForward(d_model, d_ff, activation=activation) for _ in range(num_experts)
        )

    def forward(
        self, x: Float[Tensor, "batch n d_model"]
    ) -> tuple[Float[Tensor, "batch n d_model"], Float[Tensor, "batch n experts"]]:
        """Returns (output, probabilities), the router's: `balancing_loss` and a picture need them."""
        check_inputs(self.router.weight, x=x)
        probabilities = self.router(x).softmax(dim=-1)  # (batch, n, experts)
        gates = keep_top(probabilities, self.top_k)
        output = x.new_zeros(x.shape)
        for expert, network in enumerate(self.experts):
            sent = gates[..., expert] > 0  # (batch, n)
            if sent.any():
                tokens = network(x[sent][None])[0]  # only what was sent here is computed
                output[sent] = output[sent] + gates[..., expert][sent][:, None] * tokens
        return output, probabilities


def keep_top(probabilities: Float[Tensor, "*batch experts"], top_k: int) -> Float[Tensor, "*batch experts"]:
    """Keep the `top_k` largest of each token's probabilities, and set the others to zero.

    Two or more are scaled to sum to one, which is the softmax of the kept scores: Shazeer et al. (2017),
    equation 3. A single one stays as it is, or the router would have no gradient: Fedus et al. (2022),
    section 2.1. Raises as `MixtureOfExperts`.
    """
    check_tensors(probabilities=probabilities)
    _check_top_k(top_k, probabilities.shape[-1])
    largest, places = probabilities.topk(top_k, dim=-1)  # (..., top_k)
    if top_k > 1:
        largest = largest / largest.sum(dim=-1, keepdim=True)
    return probabilities.new_zeros(probabilities.shape).scatter(-1, places, largest)


def load(probabilities: Float[Tensor, "*batch experts"], top_k: int) -> Float[Tensor, " experts"]:
    """The share of all work that goes to each expert. Raises as `MixtureOfExperts`."""
    sent = keep_top(probabilities.detach(), top_k) > 0
    return sent.flatten(0, -2).to(probabilities.dtype).mean(dim=0) / top_k


def balancing_loss(probabilities: Float[Tensor, "*batch experts"], top_k: int) -> Float[Tensor, ""]:
    r"""One where the load is even, up to the number of experts where one has it all.

    $N \sum_i f_i P_i$, with $f_i$ the share of the work and $P_i$ the mean probability of expert i out of N.
    The gradient runs through P alone. Fedus et al. (2022), section 2.2, here for any `top_k`. Raises as
    `MixtureOfExperts`.
    """
    shares = load(probabilities, top_k)
    return len(shares) * (shares * probabilities.flatten(0, -2).mean(dim=0)).sum()


def _check_top_k(top_k: object, num_experts: int) -> None:
    check_whole("top_k", top_k)
    if top_k > num_experts:
        raise ValueError(f"top_k: expected at most num_experts = {num_experts}, received {top_k}")
