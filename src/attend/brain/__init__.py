"""Brain models that attention is compared with: neurons, learning, normalization, memory, in NumPy."""
