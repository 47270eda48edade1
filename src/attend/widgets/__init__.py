"""Widgets that live both in Jupyter and on a page without a kernel."""

from attend.widgets.attention_field import AttentionField
from attend.widgets.attention_weights import AttentionWeights
from attend.widgets.block_walk import BlockWalk
from attend.widgets.picture_recall import PictureRecall
from attend.widgets.positional_encodings import PositionalEncodings
from attend.widgets.quiz import Quiz
from attend.widgets.spiking_neuron import SpikingNeuron

__all__ = [
    "AttentionField",
    "AttentionWeights",
    "BlockWalk",
    "PictureRecall",
    "PositionalEncodings",
    "Quiz",
    "SpikingNeuron",
]
