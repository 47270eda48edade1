"""How far apart two explanations are, or two answers: distances of distributions, agreement of rankings."""

import torch
from jaxtyping import Float
from torch import Tensor

from attend._arguments import check_shapes
from attend.nn._arguments import check_tensors


def total_variation(p: Float[Tensor, "... k"], q: Float[Tensor, "... k"]) -> Float[Tensor, "..."]:
    r"""Half the sum of the absolute differences, from 0 (the same) to 1 (nothing in common).

    $\frac12 \sum_j |p_j - q_j|$ for two distributions in rows. Jain and Wallace (2019) measure with it how
    far two answers are apart. Raises TypeError or ValueError for rows of different shapes.
    """
    _check_rows(p, q)
    return (p - q).abs().sum(dim=-1) / 2


def jensen_shannon(p: Float[Tensor, "... k"], q: Float[Tensor, "... k"]) -> Float[Tensor, "..."]:
    r"""How far two distributions are apart, in nats: 0 if they are the same, ln 2 if they share nothing.

    $H(\frac{p+q}{2}) - \frac{H(p)+H(q)}{2}$ with the entropy H. Jain and Wallace (2019) measure with it how
    far two rows of attention are apart. Raises TypeError or ValueError for rows of different shapes.
    """
    _check_rows(p, q)
    mixed, first, second = (torch.special.entr(x).sum(dim=-1) for x in ((p + q) / 2, p, q))
    return mixed - (first + second) / 2


def rank_correlation(x: Float[Tensor, " n"], y: Float[Tensor, " n"]) -> float:
    """Spearman's correlation: do two scores put the same things in the same order? From -1 to 1.

    Equal scores share the mean of their ranks. Raises TypeError or ValueError for rows of different lengths,
    of fewer than two entries, or with all entries the same, which have no order.
    """
    check_tensors(x=x, y=y)
    check_shapes(x=(x, "n"), y=(y, "n"))
    ranks = []
    for name, scores in (("x", x), ("y", y)):
        if len(scores.unique()) < 2:
            raise ValueError(f"{name}: expected at least two different entries, received {scores.tolist()}")
        below = (scores[:, None] > scores).sum(dim=1).double()
        same = (scores[:, None] == scores).sum(dim=1).double()
        rank = below + (same - 1) / 2  # the mean of the ranks that equal entries share
        ranks.append(rank - rank.mean())
    return (ranks[0] @ ranks[1] / (ranks[0].norm() * ranks[1].norm())).item()


def _check_rows(p: Tensor, q: Tensor) -> None:
    """Two tensors of the same shape."""
    check_tensors(p=p, q=q)
    if p.shape != q.shape:
        raise ValueError(f"q: expected the shape of p, {tuple(p.shape)}, received {tuple(q.shape)}")
