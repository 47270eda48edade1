"""The language model: what it is trained on, how its loss is measured, and that it learns."""

import math

import numpy as np
import pytest
import torch

from attend.data import text
from attend.data.tokenizers import CharacterTokenizer
from attend.nn import command_line, language_model
from attend.nn.train import train
from attend.nn.weights import load_tensors


@pytest.fixture(scope="module")
def plays():
    """(tokenizer, training ids, validation ids)."""
    everything = text.load()
    tokenizer = CharacterTokenizer.train(everything)
    return tokenizer, *text.split(tokenizer.encode(everything))


def test_it_is_no_larger_than_it_says(plays):
    model = language_model.make(len(plays[0]))
    assert 780_000 < sum(p.numel() for p in model.parameters()) <= 800_000


def test_the_mean_loss_counts_every_token_once():
    """A model that knows nothing pays the logarithm of the vocabulary's size at every place."""
    ids = np.arange(1000) % 7

    class Nothing(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = torch.nn.Parameter(torch.zeros(1))
            self.seen = 0

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            self.seen += inputs.numel()
            return torch.zeros(*inputs.shape, 7)

    model = Nothing()
    assert math.isclose(language_model.mean_loss(model, ids, block=10), math.log(7), rel_tol=1e-6)
    assert model.seen == 990


def test_it_learns_from_a_few_steps(plays):
    tokenizer, train_ids, validation_ids = plays
    model = language_model.make(len(tokenizer))
    settings = language_model.TRAINING | {"steps": 40, "warmup_steps": 10}
    before = language_model.mean_loss(model, validation_ids[:5000])
    assert before > 4.2
    train(model, language_model.batches(train_ids), language_model.loss, progress=False, **settings)
    assert language_model.mean_loss(model, validation_ids[:5000]) < 3.0


def test_batches_depend_on_step_and_seed(plays):
    batch_at = language_model.batches(plays[1])
    inputs, targets = batch_at(5)
    assert inputs.shape == targets.shape == (language_model.BATCH_SIZE, language_model.BLOCK)
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    assert torch.equal(inputs, language_model.batches(plays[1])(5)[0])
    assert not torch.equal(inputs, batch_at(6)[0])
    assert not torch.equal(inputs, language_model.batches(plays[1], seed=1)(5)[0])


def test_the_command_reports_the_loss(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(language_model, "mean_loss", lambda model, ids: 1.5)
    out = tmp_path / "weights.safetensors"
    command_line.main(["language-model", "--out", str(out), "--steps", "1", "--device", "cpu"])
    assert capsys.readouterr().out == f"{out}: 1.500 nats a character on a play it never saw\n"
    assert load_tensors(out)[1]["model"] == "language-model"
