"""attend: attention, from the neuron to the Transformer, in code that reads like the book it belongs to.

`attend.attention` and `attend.position` are NumPy; `attend.nn` holds their PyTorch twins, with the same names
and the same argument order. Importing `attend` imports neither PyTorch nor Matplotlib: ask for the module you
need.
"""

__version__ = "0.1.0"
