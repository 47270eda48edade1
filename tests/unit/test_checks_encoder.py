"""The checks of chapter 11: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend import block, encoder, train
from attend.checks import encoder as checks


def norm_gradient(axis=-1, gain=True, shift=True, stretch=True, divide=True, epsilon=True, ddof=0):
    """The gradient through layer norm, with or without what people forget."""

    def candidate(d_output, x, gains, small):
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = centred.var(axis=-1, ddof=ddof, keepdims=True)
        deviation = np.sqrt(variance + small) if epsilon and not ddof else np.sqrt(variance)
        normal, u = centred / deviation, d_output * gains if gain else d_output
        away = u.mean(axis=axis, keepdims=True) if shift else 0.0
        if stretch:
            away = away + normal * (u * normal).mean(axis=axis, keepdims=True)
        return (u - away) / (deviation if divide else 1.0)

    return candidate


NORM_SLIPS = [
    (norm_gradient(gain=False), "the gain is missing"),
    (norm_gradient(shift=False), "the mean was held constant"),
    (norm_gradient(stretch=False), "the deviation was held constant"),
    (norm_gradient(shift=False, stretch=False), "both held constant"),
    (norm_gradient(divide=False), "the division by the deviation is missing"),
    (norm_gradient(axis=0), "the means run over the positions"),
    (norm_gradient(epsilon=False), "epsilon is missing"),
    (norm_gradient(ddof=1), "not by one less"),
    (lambda d, x, g, e: block.layer_norm_backward(d, x, g, 0.1)[0], "for a batch"),
    (lambda d, x, g, e: ..., "where the three dots stand"),
]


@pytest.mark.parametrize(("candidate", "hint"), NORM_SLIPS, ids=[hint for _, hint in NORM_SLIPS])
def test_a_slip_in_layer_norms_way_back_meets_its_hint(candidate, hint):
    result = checks.layer_norm_gradient(candidate)
    assert not result
    assert hint in result.message


def test_the_right_way_back_through_layer_norm_passes():
    assert checks.layer_norm_gradient(norm_gradient())
    assert checks.layer_norm_gradient(lambda *a: block.layer_norm_backward(*a)[0])


def only_the_last(d_output, tokens, table):
    d_table = np.zeros_like(table)
    d_table[tokens] += d_output
    return d_table


def averaged(d_output, tokens, table):
    chosen = np.eye(len(table))[tokens.reshape(-1)]
    often = np.maximum(chosen.sum(axis=0), 1)
    return chosen.T @ d_output.reshape(-1, table.shape[1]) / often[:, None]


def one_sequence_only(d_output, tokens, table):
    return np.eye(len(table))[tokens].T @ d_output if tokens.ndim == 1 else table


TABLE_SLIPS = [
    (only_the_last, "only one was kept"),
    (averaged, "were averaged"),
    (one_sequence_only, "for a batch"),
    (lambda d, t, table: ..., "where the three dots stand"),
]


@pytest.mark.parametrize(("candidate", "hint"), TABLE_SLIPS, ids=[hint for _, hint in TABLE_SLIPS])
def test_a_slip_in_the_tables_gradient_meets_its_hint(candidate, hint):
    result = checks.table_gradient(candidate)
    assert not result
    assert hint in result.message


def test_the_right_table_gradient_passes():
    assert checks.table_gradient(encoder.embedding_backward)

    def one_product(d_output, tokens, table):
        return np.eye(len(table))[tokens.reshape(-1)].T @ d_output.reshape(-1, table.shape[1])

    assert checks.table_gradient(one_product)


def share(logits):
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def truth(logits, targets):
    return np.eye(logits.shape[-1])[targets]


def loss_gradient(divide, weigh=share, right=truth):
    """The gradient at the logits, from shares, truth and what the sum is divided by."""

    def candidate(logits, targets, counted):
        return (weigh(logits) - right(logits, targets)) * counted[..., None] / divide(counted)

    return candidate


def overflowing(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


LOSS_SLIPS = [
    (lambda z, t, c: train.cross_entropy_backward(z, t), "padding counts"),
    (loss_gradient(np.size), "not over all positions"),
    (loss_gradient(lambda counted: 1.0), "divide by how many count"),
    (loss_gradient(lambda counted: -counted.sum()), "the sign is wrong"),
    (loss_gradient(np.sum, weigh=lambda z: 0.0), "the predicted shares are missing"),
    (loss_gradient(np.sum, right=lambda z, t: 0.0), "the truth is missing"),
    (loss_gradient(np.sum, weigh=overflowing), "exp overflowed"),
    (loss_gradient(lambda counted: counted[..., :3].sum() if counted.ndim == 1 else 3.5), "for a batch"),
    (lambda z, t, c: ..., "where the three dots stand"),
]


@pytest.mark.parametrize(("candidate", "hint"), LOSS_SLIPS, ids=[hint for _, hint in LOSS_SLIPS])
def test_a_slip_in_the_losss_gradient_meets_its_hint(candidate, hint):
    result = checks.loss_gradient(candidate)
    assert not result
    assert hint in result.message


def test_the_right_loss_gradient_passes():
    assert checks.loss_gradient(train.cross_entropy_backward)
    assert checks.loss_gradient(loss_gradient(np.sum))
