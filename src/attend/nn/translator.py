"""The translator of chapter 10: English number words in, Chinese numerals out.

    python -m attend.nn.train translator --half --out translator.safetensors

trained the weights that come with the package; `load()` reads them.
"""

from collections.abc import Callable, Sequence
from importlib import resources

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from attend._arguments import check_whole
from attend.data import translation
from attend.data.numerals import chinese, english
from attend.data.vocabulary import BEGIN, END, PAD
from attend.nn.generate import beam_search, greedy
from attend.nn.models import EncoderDecoder
from attend.nn.train import Batch, cross_entropy
from attend.nn.weights import load_weights

# Of a million numbers the model sees 50,000 in training, about two times each.
TRAINING = {
    "steps": 1500, "learning_rate": 3e-3, "warmup_steps": 100, "schedule": "linear",
    "betas": (0.9, 0.98), "weight_decay": 0.01,
}  # fmt: skip
MAX_NEW = 20  # the longest numeral below 10⁹ has 17 characters


def make(seed: int = 0) -> EncoderDecoder:
    """Make the model before training: two encoder layers, one decoder layer, 121 thousand parameters."""
    torch.manual_seed(seed)
    return EncoderDecoder(
        len(translation.SOURCE), len(translation.TARGET), pad_id=PAD, position="rotary",
        d_model=64, num_heads=4, d_ff=128, num_encoder_layers=2, num_decoder_layers=1,
    )  # fmt: skip


def batches(numbers: Int[np.ndarray, " b"], batch_size: int = 64, seed: int = 0) -> Callable[[int], Batch]:
    """Give the batch of each training step: (source, target) of numbers drawn by chance.

    For half of the rows a length is drawn first, then a number that is said in so many words, since most
    numbers are long and zero would hardly ever be seen.
    """
    check_whole("batch_size", batch_size)
    source, target = map(torch.from_numpy, translation.encode_numbers(numbers))
    words = (source != PAD).sum(dim=1)
    of_length = [(words == length).nonzero()[:, 0] for length in words.unique()]

    def batch_at(step: int) -> Batch:
        generator = torch.Generator().manual_seed(1_000_003 * seed + step)
        rows = torch.randint(len(source), (batch_size,), generator=generator)
        for i in range(0, batch_size, 2):
            group = of_length[torch.randint(len(of_length), (), generator=generator)]
            rows[i] = group[torch.randint(len(group), (), generator=generator)]
        return source[rows], target[rows]

    return batch_at


def loss(model: torch.nn.Module, batch: Batch, label_smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
    """Teacher forcing: the decoder reads the right answer up to each place and is asked what comes next."""
    source, target = batch
    logits = model(source, target[:, :-1])
    return cross_entropy(logits, target[:, 1:], pad_id=PAD, label_smoothing=label_smoothing)


def translate(model: EncoderDecoder, texts: Sequence[str], num_beams: int = 1) -> list[str]:
    """Translate phrases of English number words, greedily or by beam search.

    Raises ValueError for an unknown word, with its place, and for a model in training mode.
    """
    device = model.output.weight.device
    source = torch.from_numpy(translation.encode_english(texts)).to(device)  # (b, k)
    begin = torch.full((len(source), 1), BEGIN, device=device)
    if num_beams == 1:
        ids = greedy(model.writer(source), begin, max_new=MAX_NEW, stop_id=END)
        return translation.decode_chinese(ids.cpu().numpy())
    answers = []
    for row in source.split(1):
        words = row[:, : int((row != PAD).sum())]
        best = beam_search(model.writer(words), begin[:1], num_beams=num_beams, max_new=MAX_NEW, stop_id=END)[
            0
        ].ids
        answers += translation.decode_chinese(best[None].cpu().numpy())
    return answers


def exact_match(model: EncoderDecoder, numbers: Int[np.ndarray, " b"]) -> float:
    """The share of numbers that the model translates without a single wrong character."""
    wanted = [chinese(int(n)) for n in numbers]
    right = 0
    for start in range(0, len(numbers), 1000):  # a thousand at a time, for the memory's sake
        texts = [english(int(n)) for n in numbers[start : start + 1000]]
        answers = translate(model, texts)
        right += sum(a == w for a, w in zip(answers, wanted[start:], strict=False))
    return right / len(numbers)


def load() -> EncoderDecoder:
    """Give the trained translator that comes with the package, ready to translate."""
    model = make().eval()
    with resources.as_file(resources.files("attend.nn") / "translator.safetensors") as path:
        load_weights(model, path)
    return model
