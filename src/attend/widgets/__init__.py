"""Widgets that live both in Jupyter and on a page without a kernel."""

from attend.widgets.attention_field import AttentionField
from attend.widgets.attention_heads import AttentionHeads
from attend.widgets.attention_sentence import AttentionSentence
from attend.widgets.attention_weights import AttentionWeights
from attend.widgets.block_walk import BlockWalk
from attend.widgets.cost_calculator import CostCalculator
from attend.widgets.next_token import NextToken
from attend.widgets.picture_recall import PictureRecall
from attend.widgets.positional_encodings import PositionalEncodings
from attend.widgets.quiz import Quiz
from attend.widgets.real_heads import RealHeads
from attend.widgets.spiking_neuron import SpikingNeuron
from attend.widgets.text_samples import TextSamples
from attend.widgets.translator import Translator

__all__ = [
    "AttentionField",
    "AttentionHeads",
    "AttentionSentence",
    "AttentionWeights",
    "BlockWalk",
    "CostCalculator",
    "NextToken",
    "PictureRecall",
    "PositionalEncodings",
    "Quiz",
    "RealHeads",
    "SpikingNeuron",
    "TextSamples",
    "Translator",
]
