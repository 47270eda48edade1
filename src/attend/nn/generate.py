"""Write one token after another: greedy, by chance, and by beam search, with or without a cache.

A model enters as a `Step`: a function from token numbers (batch, n) and a cache to logits (batch, n,
vocabulary). A `DecoderOnly` model is one; `EncoderDecoder.writer(source)` gives one that has read its source.
With a cache only the new tokens go through the model; the text is the same.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from attend._arguments import check_positive, check_real, check_whole
from attend.nn._arguments import check_tensors
from attend.nn.cache import Cache

Step = Callable[[Tensor, Cache | None], Tensor]


@torch.no_grad()
def greedy(
    step: Step, prompt: Int[Tensor, "batch n"], *, max_new: int, stop_id: int | None = None,
    use_cache: bool = True,
) -> Int[Tensor, "batch length"]:  # fmt: skip
    """Always take the likeliest token. Returns the prompt and what follows it.

    Ends after `max_new` tokens or when every row has written `stop_id`, which then fills its row. Raises
    ValueError for a model in training mode (its dropout would speak too) and for logits that are not numbers.
    """
    return _write(step, prompt, lambda logits: logits.argmax(dim=-1), max_new, stop_id, use_cache)


@torch.no_grad()
def sample(
    step: Step, prompt: Int[Tensor, "batch n"], *, max_new: int, temperature: float | int = 1.0,
    top_k: int | None = None, top_p: float | None = None, stop_id: int | None = None,
    generator: torch.Generator | None = None, use_cache: bool = True,
) -> Int[Tensor, "batch length"]:  # fmt: skip
    """Draw each token from `distribution`. The rest is as in `greedy`."""

    def draw(logits: Tensor) -> Tensor:
        probabilities = distribution(logits, temperature, top_k, top_p)
        return torch.multinomial(probabilities, 1, generator=generator)[:, 0]

    return _write(step, prompt, draw, max_new, stop_id, use_cache)


def distribution(
    logits: Float[Tensor, "*batch vocabulary"],
    temperature: float | int = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Float[Tensor, "*batch vocabulary"]:
    """Give the probabilities to draw from: sharpened, and cut to the likeliest tokens.

    `top_k` keeps that many tokens (Fan et al. 2018); `top_p` then keeps the fewest whose probabilities add up
    to at least that much (Holtzman et al. 2020). Of equally likely tokens at the edge, those with the lower
    number stay. Raises TypeError or ValueError for a temperature that is not above zero, a `top_k` below one
    or a `top_p` outside (0, 1].
    """
    check_tensors(logits=logits)
    check_positive("temperature", temperature)
    ordered, order = (logits / temperature).sort(dim=-1, descending=True, stable=True)
    if top_k is not None:
        check_whole("top_k", top_k)
        ordered[..., top_k:] = -torch.inf
    probabilities = ordered.softmax(dim=-1)
    if top_p is not None:
        check_real("top_p", top_p)
        if not 0 < top_p <= 1:
            raise ValueError(f"top_p: expected a number above 0 and at most 1, received {top_p}")
        before = probabilities.cumsum(dim=-1) - probabilities  # what likelier tokens hold already
        probabilities = probabilities.masked_fill(before >= top_p, 0.0)
        probabilities = probabilities / probabilities.sum(dim=-1, keepdim=True)
    return torch.zeros_like(probabilities).scatter(-1, order, probabilities)


class Hypothesis(NamedTuple):
    """One way to go on: all its tokens, the log-probability of what was written, and its rank's score."""

    ids: Int[Tensor, " length"]
    log_probability: float
    score: float


@torch.no_grad()
def beam_search(
    step: Step, prompt: Int[Tensor, "1 n"], *, num_beams: int, max_new: int, stop_id: int | None = None,
    length_penalty: float | int = 0.0, use_cache: bool = True,
) -> list[Hypothesis]:  # fmt: skip
    r"""Carry the `num_beams` likeliest beginnings along and return the best endings, the best first.

    The score is the log-probability over $((5 + \mathrm{length})/6)^\alpha$, $\alpha$ the length penalty:
    Wu et al. (2016), equation 14; Vaswani et al. (2017) use 4 beams and 0.6. A hypothesis that writes
    `stop_id` leaves the beam; the search ends when nothing in the beam can still win, or after `max_new`
    tokens. One beam without penalty is `greedy`. Raises as `greedy`, and ValueError for more than one prompt.
    """
    check_whole("num_beams", num_beams)
    check_real("length_penalty", length_penalty)
    _check(step, prompt, max_new)
    if len(prompt) != 1:
        raise ValueError(f"prompt: expected one row, shape (1, n), received {tuple(prompt.shape)}")

    def hypothesis(ids: Tensor, log_probability: float) -> Hypothesis:
        penalty = ((5 + len(ids) - prompt.shape[1]) / 6) ** length_penalty
        return Hypothesis(ids, log_probability, log_probability / penalty)

    cache, ids = Cache() if use_cache else None, prompt
    log_probabilities = torch.zeros(1, device=prompt.device, dtype=torch.float64)
    finished: list[Hypothesis] = []
    for _ in range(max_new):
        logits = _next_logits(step, ids, cache).double().log_softmax(dim=-1)
        total = (log_probabilities[:, None] + logits).flatten()  # (beams · vocabulary,)
        best, place = total.topk(min(2 * num_beams, len(total)))
        rows, tokens = place // logits.shape[-1], place % logits.shape[-1]
        extended = torch.cat((ids[rows], tokens[:, None]), dim=1)
        ends = tokens == stop_id if stop_id is not None else torch.zeros_like(tokens, dtype=torch.bool)
        finished += [hypothesis(extended[i], best[i].item()) for i in ends.nonzero()[:, 0] if i < num_beams]
        going = (~ends).nonzero()[:num_beams, 0]
        ids, log_probabilities = extended[going], best[going]
        if cache is not None:
            cache.select(rows[going])
        # The most that the best one could still get: no further loss, and the kindest length.
        lengths = torch.tensor([ids.shape[1] - prompt.shape[1], max_new])
        bound = (log_probabilities[0] / ((5 + lengths) / 6) ** length_penalty).max()
        if finished and max(h.score for h in finished) >= bound:
            break
    else:
        finished += [hypothesis(row, p.item()) for row, p in zip(ids, log_probabilities, strict=True)]
    return sorted(finished, key=lambda h: -h.score)[:num_beams]


def _write(
    step: Step, prompt: Tensor, choose: Callable[[Tensor], Tensor], max_new: int, stop_id: int | None,
    use_cache: bool,
) -> Tensor:  # fmt: skip
    """Choose a token, append it, go on."""
    _check(step, prompt, max_new)
    ids, cache = prompt, Cache() if use_cache else None
    stopped = torch.zeros(len(prompt), dtype=torch.bool, device=prompt.device)
    for _ in range(max_new):
        token = choose(_next_logits(step, ids, cache))  # (batch,)
        if stop_id is not None:
            token = token.masked_fill(stopped, stop_id)
            stopped = stopped | (token == stop_id)
        ids = torch.cat((ids, token[:, None]), dim=1)
        if stopped.all():
            break
    return ids


def _next_logits(step: Step, ids: Tensor, cache: Cache | None) -> Float[Tensor, "batch vocabulary"]:
    """Logits for the token after the last; with a cache, only what it has not seen goes through the model."""
    logits = step(ids if cache is None else ids[:, cache.length :], cache)[:, -1]
    if not logits.isfinite().all():
        raise ValueError("step: expected finite logits, received NaN or infinity; are the weights damaged?")
    return logits


def _check(step: Step, prompt: Tensor, max_new: int) -> None:
    check_whole("max_new", max_new)
    if prompt.ndim != 2 or prompt.numel() == 0:
        raise ValueError(
            f"prompt: expected shape (batch, n) with at least one token, received {tuple(prompt.shape)}"
        )
    if isinstance(step, nn.Module) and step.training:
        raise ValueError("step: expected a model in evaluation mode (model.eval()), received one in training")
