"""Checks of what a visitor sent: ValueErrors with words that can be shown to the visitor."""

from dgm.systems import Config


def number(value: object, name: str, low: float, high: float) -> float:
    # A NaN is not between the two either.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {short(value)}.")
    return float(value)


def numbers(values: object, name: str, max_length: int, largest: float) -> list[float]:
    if not isinstance(values, list | tuple) or len(values) > max_length:
        raise ValueError(f"{name}s must be a list of at most {max_length} numbers.")
    return [number(value, f"each {name}", -largest, largest) for value in values]


def whole(value: object, name: str, low: int, high: int) -> int:
    checked = number(value, name, low, high)
    if not checked.is_integer():
        raise ValueError(f"{name} must be a whole number, not {short(value)}.")
    return int(checked)


def short(value: object) -> str:
    """What was sent, as far as it fits into a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"


def class_name(config: Config, label: str | None) -> str:
    """One of the classes that a model knows."""
    if label is None or label not in config.class_names:
        names = ", ".join(config.class_names)
        raise ValueError(f"There is no class {str(label)[:80]!r}. There are: {names}.")
    return label


def generated_class(config: Config, label: str | None) -> str:
    """The class that a model is to generate; an unconditional model needs none."""
    if label in ("", None) and not config.is_conditional:
        return config.class_names[0]  # any will do
    return class_name(config, label)
