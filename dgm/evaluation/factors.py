"""How well pictures follow the sliders of known factors."""

from dgm.analysis.factors import factor_correlations
from dgm.evaluation.comparison import Comparison


def factors(compared: Comparison) -> dict[str, float]:
    """`factor_correlation/NAME`: how well a factor of the picture follows its slider, see
    `analysis.factors.factor_correlations`."""
    correlations = factor_correlations(compared.model)
    return {f"factor_correlation/{name}": value for name, value in correlations.items()}
