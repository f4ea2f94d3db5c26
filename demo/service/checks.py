"""Checks of what a visitor sent: ValueErrors with words that can be shown to the visitor."""

from dgm.config import Config


def number(value, name: str, low: float, high: float) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not fits:  # a NaN is not between the two either
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {short(value)}.")
    return float(value)


def numbers(values, name: str, most: int, largest: float) -> list[float]:
    if not isinstance(values, list | tuple) or len(values) > most:
        raise ValueError(f"{name}s must be a list of at most {most} numbers.")
    return [number(value, f"each {name}", -largest, largest) for value in values]


def whole(value, name: str, low: int, high: int) -> int:
    if number(value, name, low, high) != int(value):
        raise ValueError(f"{name} must be a whole number, not {short(value)}.")
    return int(value)


def short(value) -> str:
    """What was sent, as far as it fits into a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"


def class_name(config: Config, label: str) -> str:
    """One of the classes that a model knows."""
    if label not in config.class_names:
        there = ", ".join(config.class_names)
        raise ValueError(f"There is no class {str(label)[:80]!r}. There are: {there}.")
    return label


def drawn_class(config: Config, label: str) -> str:
    """The class that a model is to draw; one that cannot be asked for a class needs none."""
    if label in ("", None) and not config.is_conditional:
        return config.class_names[0]  # any will do
    return class_name(config, label)
