"""The training loop: it learns, it can be stopped anywhere, and two processes do what one does."""

import math
import os
import pickle
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from processes import gradients as process
from torch import nn

from attend.nn.checkpoint import load_run
from attend.nn.models import DecoderOnly
from attend.nn.train import cross_entropy, learning_rate_at, make_optimizer, share, train
from attend.nn.weights import load_tensors, load_weights, save_tensors, save_weights

VOCABULARY, LENGTH = 8, 6


def model(seed: int = 0, **options) -> DecoderOnly:
    torch.manual_seed(seed)
    sizes = {"d_model": 16, "num_heads": 2, "d_ff": 32, "num_layers": 1}
    return DecoderOnly(VOCABULARY, **{**sizes, **options})


def batch_at(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Count upwards from anywhere: the next token is one more."""
    start = torch.randint(VOCABULARY, (16, 1), generator=torch.Generator().manual_seed(step))
    ids = (start + torch.arange(LENGTH + 1)) % VOCABULARY
    return ids[:, :-1], ids[:, 1:]


def loss(network: nn.Module, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    return cross_entropy(network(batch[0]), batch[1])


def run(network: nn.Module, **options) -> list[float]:
    how = {"steps": 12, "learning_rate": 1e-2, "warmup_steps": 3, "progress": False, **options}
    return train(network, how.pop("batch_at", batch_at), how.pop("loss", loss), **how)


def state(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in network.named_parameters()}


def equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# ---------------------------------------------------------------- parts


def test_it_learns_to_count():
    network = model()
    losses = run(network, steps=150)
    assert losses[0] > 1.5
    assert losses[-1] < 0.05
    assert not network.training
    inputs, targets = batch_at(10_000)
    assert torch.equal(network(inputs).argmax(-1), targets)


def test_cross_entropy_by_hand():
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 3, 5, dtype=torch.float64), torch.tensor([[1, 4, 0], [2, 0, 0]])
    log_p = logits.log_softmax(-1)
    kept = targets != 0
    right = log_p.gather(-1, targets[..., None])[..., 0][kept]
    total, count = cross_entropy(logits, targets, pad_id=0)
    assert count == 3
    np.testing.assert_allclose(total, -right.sum(), atol=1e-12)
    smooth, _ = cross_entropy(logits, targets, pad_id=0, label_smoothing=0.1)
    expected = -(0.9 * right + 0.1 * log_p.mean(-1)[kept]).sum()
    np.testing.assert_allclose(smooth, expected, atol=1e-12)


def test_schedules_by_hand():
    how = {"steps": 110, "peak": 2.0, "warmup_steps": 10}
    rises = [learning_rate_at(s, **how) for s in range(10)]
    np.testing.assert_allclose(rises, np.arange(1, 11) / 5)
    for schedule, middle, last in [("cosine", 1.1, 0.2), ("linear", 1.0, 0.0)]:
        np.testing.assert_allclose(learning_rate_at(60, schedule=schedule, **how), middle)
        np.testing.assert_allclose(learning_rate_at(110, schedule=schedule, **how), last, atol=1e-12)
    rate = learning_rate_at(39, schedule="inverse_sqrt", **how)
    np.testing.assert_allclose(rate, 2.0 * math.sqrt(10 / 40))
    # Vaswani et al. (2017), equation 3, with the peak that it implies for d_model 512.
    peak = 512**-0.5 * 4000**-0.5
    for step in (1, 100, 4000, 9000):
        paper = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
        rate = learning_rate_at(step - 1, steps=1, peak=peak, warmup_steps=4000, schedule="inverse_sqrt")
        np.testing.assert_allclose(rate, paper)


def test_what_decays():
    network = model()
    optimizer = make_optimizer(network, (0.9, 0.99), 0.1)
    before = state(network)
    for group in optimizer.param_groups:
        group["lr"] = 0.5
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, parameter in network.named_parameters():
        shrunk = 0.95 if parameter.ndim >= 2 else 1.0
        np.testing.assert_allclose(parameter.detach(), before[name] * shrunk, rtol=1e-6)


def test_long_gradients_are_shortened():
    """With gradients scaled by 1000 the update is the same once both are clipped to one length."""
    networks = [model(), model()]
    run(networks[0], steps=2, clip=1e-3)
    run(networks[1], steps=2, clip=1e-3, loss=lambda m, b: (lambda t, n: (1000 * t, n))(*loss(m, b)))
    for a, b in zip(*(n.parameters() for n in networks), strict=True):
        np.testing.assert_allclose(a.detach(), b.detach(), atol=1e-5)


def test_the_same_run_twice_is_the_same_bit_for_bit():
    networks = [model(dropout=0.2), model(dropout=0.2)]
    losses = [run(network) for network in networks]
    assert losses[0] == losses[1]
    assert equal(*map(state, networks))
    assert run(model(dropout=0.2), seed=1) != losses[0]


def test_dropout_drops_something_else_in_every_step():
    """The same batch, and steps too small to change a weight: only dropout can make losses differ."""
    how = {"batch_at": lambda step: batch_at(0), "learning_rate": 1e-12, "steps": 3}
    assert len(set(run(model(), **how))) == 1
    assert len(set(run(model(dropout=0.5), **how))) == 3


# ---------------------------------------------------------------- stopping and going on


class PowerCut(Exception):
    """Stands for whatever ends a program in the middle."""


@pytest.mark.parametrize("stop_after", [3, 4, 8, 11])
def test_a_run_goes_on_with_the_same_numbers_bit_for_bit(tmp_path, stop_after):
    path = tmp_path / "run.safetensors"
    whole = model(dropout=0.2)
    expected = run(whole, checkpoint=tmp_path / "whole.safetensors")

    def cut(step: int, value: float) -> None:
        if step + 1 == stop_after:
            raise PowerCut

    with pytest.raises(PowerCut):
        run(model(dropout=0.2), checkpoint=path, checkpoint_every=2, after_step=cut)
    resumed, steps = model(seed=9, dropout=0.2), []
    losses = run(resumed, checkpoint=path, checkpoint_every=2, after_step=lambda s, v: steps.append(s))
    assert steps[0] == (stop_after - 1) // 2 * 2
    assert losses == expected
    assert equal(state(resumed), state(whole))
    assert run(model(), checkpoint=path) == expected, "a finished run has nothing left to do"


@pytest.fixture
def on_interrupt():
    """A handler that does nothing: whoever starts the tests may ignore Ctrl-C, as background jobs do."""

    def handler(number: int, frame: object) -> None:
        pass

    before = signal.signal(signal.SIGINT, handler)
    yield handler
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_lets_the_step_finish_and_saves(tmp_path, on_interrupt):
    path = tmp_path / "run.safetensors"

    def interrupt(step: int, value: float) -> None:
        if step == 4:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(model(), checkpoint=path, checkpoint_every=1000, after_step=interrupt)
    steps = []
    losses = run(model(seed=1), checkpoint=path, after_step=lambda s, v: steps.append(s))
    assert steps[0] == 5
    assert losses == run(model())
    assert signal.getsignal(signal.SIGINT) is on_interrupt


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_last_checkpoint(tmp_path, monkeypatch, broken):
    path = tmp_path / "run.safetensors"
    save_tensors(path, {"a": torch.ones(2)}, {})

    def no_space(*args):
        raise OSError("no space left on device")

    monkeypatch.setattr(*((os, "fsync") if broken == "fsync" else (Path, "replace")), no_space)
    with pytest.raises(OSError, match="no space"):
        save_tensors(path, {"a": torch.zeros(2)}, {})
    assert torch.equal(load_tensors(path)[0]["a"], torch.ones(2))
    assert list(tmp_path.iterdir()) == [path]


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"

    def explode(network: nn.Module, batch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
        total, count = loss(network, batch)
        calls.append(0)
        return total * (math.nan if len(calls) == 6 else 1.0), count

    calls: list[int] = []
    with pytest.raises(FloatingPointError, match=r"loss: nan at step 5; try a lower .* than 0\.01 .*is kept"):
        run(model(), loss=explode, checkpoint=path, checkpoint_every=4)
    assert len(load_tensors(path)[0]["losses"]) == 4
    assert all(t.isfinite().all() for t in load_tensors(path)[0].values())


# ---------------------------------------------------------------- files


def test_weights_come_back_and_shared_ones_stay_shared(tmp_path):
    path, network = tmp_path / "weights.safetensors", model()
    save_weights(network, path, {"note": "a test"})
    again = model(seed=3)
    assert load_weights(again, path) == {"note": "a test"}
    assert equal(state(again), state(network))
    assert again.output.weight is again.embedding.tokens.weight
    assert len(load_tensors(path)[0]) == len(state(network))


def test_a_model_of_shapes_alone_takes_the_numbers(tmp_path):
    path, network = tmp_path / "weights.safetensors", model()
    save_weights(network, path, {})
    with torch.device("meta"):
        again = model(seed=3)
    load_weights(again, path)
    assert equal(state(again), state(network))
    assert again.output.weight is again.embedding.tokens.weight


def spoil(path: Path, how: str) -> None:
    """Write a file that is wrong in one way."""
    network = model()
    if how == "truncated":
        save_weights(network, path)
        path.write_bytes(path.read_bytes()[:-100])
    elif how == "pickle":
        path.write_bytes(pickle.dumps({"a": 1}))
    elif how == "torch":
        torch.save({"a": torch.ones(1)}, path)
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "other model":
        save_weights(model(position="learned"), path)
    elif how == "other width":
        save_weights(model(d_model=32), path)
    elif how == "NaN":
        network.stack.layers[0].feed_forward.expand.bias.data[3] = math.nan
        save_weights(network, path)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("truncated", "is damaged, or not a safetensors file"),
        ("pickle", "only such files are read, since others can hold code"),
        ("torch", "is damaged, or not a safetensors file"),
        ("empty", "is damaged, or not a safetensors file"),
        ("other model", "these are not the weights of this model: left over embedding.positions.weight"),
        ("other width", "expected shape (8, 16) for embedding.tokens.weight, received (8, 32)"),
        ("NaN", "expected finite numbers in stack.layers.0.feed_forward.expand.bias, received NaN"),
    ],
)
def test_a_wrong_file_is_named_and_changes_nothing(tmp_path, how, message):
    path, network = tmp_path / "weights.safetensors", model()
    before = state(network)
    spoil(path, how)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        load_weights(network, path)
    assert str(path) in str(caught.value)
    assert equal(state(network), before)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"found nothing at .*none\.safetensors"):
        load_weights(model(), tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.02}, "of a run with learning_rate = 0.01, expected 0.02; choose another file"),
        ({"steps": 13}, "of a run with steps = 12, expected 13"),
        ({"seed": 5}, "of a run with seed = 0, expected 5"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, options, message):
    path = tmp_path / "run.safetensors"
    run(model(), checkpoint=path)
    with pytest.raises(ValueError, match=re.escape(message)):
        run(model(), checkpoint=path, **options)


def test_other_files_are_no_checkpoints(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(model(), path)
    with pytest.raises(ValueError, match="holds something else than a training run"):
        run(model(), checkpoint=path)
    run(model(), checkpoint=tmp_path / "run.safetensors")
    other = model(d_model=32)
    optimizer = make_optimizer(other, (0.9, 0.99), 0.1)
    settings = {"seed": 0}
    with pytest.raises(ValueError, match="expected shape"):
        load_run(tmp_path / "run.safetensors", other, optimizer, settings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps: expected a whole number of at least 1, received 0"),
        ({"learning_rate": 0.0}, "learning_rate: expected a number above zero"),
        ({"clip": -1.0}, "clip: expected a number above zero"),
        ({"checkpoint_every": 0}, "checkpoint_every: expected a whole number of at least 1"),
        ({"schedule": "constant"}, "schedule: expected cosine, inverse_sqrt or linear, received 'constant'"),
    ],
)
def test_bad_settings_are_named(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        run(model(), **options)


# ---------------------------------------------------------------- several processes


def test_two_processes_have_the_gradients_of_one(tmp_path):
    """Under torchrun with gloo, on batches whose padding is spread unevenly; to 1e-12, and alike on both."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, process.__file__, tmp_path], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    try:
        alone = process.results()
    finally:
        torch.set_default_dtype(torch.float32)
    for rank in (0, 1):
        found = load_tensors(tmp_path / f"{rank}.safetensors")[0]
        assert found.keys() == alone.keys()
        for name, tensor in alone.items():
            np.testing.assert_allclose(found[name], tensor.detach(), rtol=0, atol=1e-12, err_msg=name)


def test_a_batch_smaller_than_the_processes_is_said(monkeypatch):
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)
    monkeypatch.setattr("torch.distributed.get_rank", lambda: 0)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 4)
    with pytest.raises(ValueError, match="batch: expected at least 4 rows, one a process, received 3"):
        share((torch.zeros(3, 2),), torch.device("cpu"))
