"""Data for the book's models: a translation task that is generated, a text, and tokenizers of our own.

NumPy and plain Python. The task: `numerals` reads and writes numbers, `vocabulary` turns tokens into ids,
`translation` puts both together and splits the numbers, `alignment` links the characters to the words. The
language model: `text` holds nine plays and draws batches, `tokenizers` has characters and byte pairs. The
vision Transformer: `digits` draws them.
"""
