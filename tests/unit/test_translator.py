"""The translator: what it was trained on, what it answers, and the command that trains it."""

import re

import numpy as np
import pytest
import torch

from attend.data import translation
from attend.data.numerals import chinese, english
from attend.nn import command_line, translator
from attend.nn.record import attention_weights
from attend.nn.train import train
from attend.nn.weights import load_tensors, load_weights


@pytest.fixture(scope="module")
def trained():
    return translator.load()


def test_it_translates_numbers_that_it_never_saw(trained):
    """All 5,000 numbers of the test set, none of which is in the training set."""
    numbers = translation.split(0)
    assert len(numbers.test) >= 5_000
    assert not set(numbers.test.tolist()) & set(numbers.train.tolist())
    assert numbers.test.max() < 1_000_000
    assert translator.exact_match(trained, numbers.test) >= 0.999


def test_it_translates_every_small_and_every_round_number(trained):
    """What a reader types first, seen in training or not."""
    round_numbers = [digit * 10**zeros for digit in range(1, 100) for zeros in range(3, 5)]
    assert translator.exact_match(trained, np.array([*range(1000), *round_numbers])) == 1.0


def test_a_wrong_answer_counts_as_wrong(trained, monkeypatch):
    numbers = np.array([5, 17, 342_017, 60_000])
    monkeypatch.setattr(translator, "chinese", lambda n: chinese(n) if n != 17 else "十八")
    assert translator.exact_match(trained, numbers) == 0.75


def test_beam_search_and_greedy_agree_on_easy_numbers(trained):
    texts = [english(n) for n in (0, 7, 19, 100, 1_001, 20_300, 342_017, 999_999)]
    wanted = [
        "零",
        "七",
        "十九",
        "一百",
        "一千零一",
        "二万零三百",
        "三十四万二千零一十七",
        "九十九万九千九百九十九",
    ]
    assert translator.translate(trained, texts) == wanted
    assert translator.translate(trained, texts, num_beams=4) == wanted


def test_bad_words_are_named(trained):
    with pytest.raises(ValueError, match=r"unknown word 'fourty' at place 1; did you mean 'forty'"):
        translator.translate(trained, ["fourty two"])
    with pytest.raises(ValueError, match=re.escape("evaluation mode (model.eval())")):
        translator.translate(translator.make(), ["one"])


def test_it_is_small_and_its_attention_can_be_seen(trained):
    assert sum(p.numel() for p in trained.parameters()) == 120_768
    source, target = map(torch.from_numpy, translation.encode_numbers([342_017]))
    with attention_weights(trained) as weights:
        trained(source, target[:, :-1])
    assert weights["transformer.decoder.layers.0.cross_attention"].shape == (1, 4, 11, 7)


def test_batches_are_the_same_every_time_and_differ_by_step_and_seed():
    numbers = np.arange(1000)
    batch_at = translator.batches(numbers)
    first = batch_at(3)
    assert all(map(torch.equal, first, translator.batches(numbers)(3)))
    assert not torch.equal(first[0], batch_at(4)[0])
    assert not torch.equal(first[0], translator.batches(numbers, seed=1)(3)[0])


def test_the_loss_asks_for_what_comes_next():
    """A model that always answers with the right next character, and nothing else, has no loss."""
    source, target = map(torch.from_numpy, translation.encode_numbers([12, 345_678]))

    class Oracle(torch.nn.Module):
        def forward(self, source, given):
            assert torch.equal(given, target[:, :-1])
            return torch.nn.functional.one_hot(target[:, 1:], len(translation.TARGET)) * 100.0

    total, count = translator.loss(Oracle(), (source, target))
    assert total < 1e-6
    assert count == (target[:, 1:] != 0).sum()


def test_training_lowers_the_loss():
    model = translator.make()
    numbers = translation.split(0, train=2_000).train
    settings = translator.TRAINING | {"steps": 30, "warmup_steps": 5}
    losses = train(model, translator.batches(numbers), translator.loss, progress=False, **settings)
    assert losses[-1] < losses[0] / 2


def test_the_command_trains_goes_on_and_reports(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(translator, "exact_match", lambda model, numbers: 0.125)
    out, checkpoint = tmp_path / "weights.safetensors", tmp_path / "run.safetensors"
    command = ["translator", "--out", str(out), "--checkpoint", str(checkpoint), "--steps", "3", "--half"]
    command_line.main([*command, "--device", "cpu"])
    said = capsys.readouterr()
    assert said.out == f"{out}: 12.50% of 5,000 unseen numbers are translated without an error\n"
    assert "3/3" in said.err
    model = translator.make(seed=1)
    assert load_weights(model, out) == {"model": "translator", "seed": "0", "steps": "3"}
    assert all(torch.equal(p, p.half().float()) for p in model.parameters())
    before = load_tensors(out)[0]
    out.unlink()
    command_line.main([*command, "--device", "cpu"])
    after = load_tensors(out)[0]
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["translator"], "the following arguments are required: --out"),
        (["poet", "--out", "a"], "invalid choice: 'poet'"),
        (
            ["translator", "--out", "/nowhere/a"],
            "expected a file in a folder that exists, received /nowhere/a",
        ),
        (["translator", "--out", "a", "--steps", "0"], "--steps: expected at least 1, received 0"),
    ],
)
def test_bad_arguments_are_named(arguments, message, capsys):
    with pytest.raises(SystemExit):
        command_line.main(arguments)
    assert message in capsys.readouterr().err
