"""How good a model is: figures, cards and comparisons."""
