"""Checks of what a visitor sent: ValueErrors with words that can be shown to the visitor."""

from demo.text import text
from dgm.systems import Config


def number(value: object, name: str, low: float, high: float) -> float:
    # A NaN is not between the two either.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(text("errors.number", name=name, low=low, high=high, value=short(value)))
    return float(value)


def numbers(values: object, name: str, max_length: int, largest: float) -> list[float]:
    if not isinstance(values, list | tuple) or len(values) > max_length:
        raise ValueError(text("errors.numbers", name=name, count=max_length))
    return [number(value, name, -largest, largest) for value in values]


def whole(value: object, name: str, low: int, high: int) -> int:
    checked = number(value, name, low, high)
    if not checked.is_integer():
        raise ValueError(text("errors.whole", name=name, value=short(value)))
    return int(checked)


def short(value: object) -> str:
    """What was sent, as far as it fits into a sentence."""
    written = repr(value)
    return written if len(written) <= 40 else written[:40] + "…"


def class_name(config: Config, label: str | None) -> str:
    """One of the classes that a model knows."""
    if label is None or label not in config.class_names:
        raise ValueError(
            text("errors.class", label=short(label), names=", ".join(config.class_names))
        )
    return label


def generated_class(config: Config, label: str | None) -> str:
    """The class that a model is to generate; an unconditional model needs none."""
    if label in ("", None) and not config.is_conditional:
        return config.class_names[0]  # any will do
    return class_name(config, label)
