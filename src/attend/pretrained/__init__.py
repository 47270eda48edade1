"""Two published models in our own modules: a sentence encoder and a decoder that writes text.

`python -m attend.pretrained` fetches their files, once; then `minilm.load` and `smollm2.load` work offline.
"""
