"""PyTorch twins of the NumPy modules: the same names, the same argument order, gradients by autograd."""
