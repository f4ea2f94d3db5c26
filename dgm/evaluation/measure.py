"""All figures of a released model: which there are, and `evaluate`, which measures them."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from dgm import data
from dgm.evaluation.classification import accuracies, details, robustness
from dgm.evaluation.comparison import Comparison, Reference, knows_classes
from dgm.evaluation.factors import factors
from dgm.evaluation.likelihood import bounds
from dgm.evaluation.ood import ood_scores
from dgm.evaluation.samples import distances, gan_test, gan_train
from dgm.model import Model, load
from dgm.release import find_reference_classifier, write_predictions


@dataclasses.dataclass(frozen=True)
class Metric:
    """A group of figures that are measured together."""

    capability: str  # that it needs, one of `Model.capabilities`
    measure: Callable[[Comparison], dict[str, float]]
    needs_classifier: bool = False  # whether the reference classifier is asked
    needs_classes: bool = False  # whether samples must be of known classes
    needs_factors: bool = False  # whether pictures must be of known factors

    def obstacle(self, model: Model) -> str:
        """Why it cannot be measured of a model; "" where it can."""
        if self.capability not in model.capabilities:
            return f"it cannot {self.capability}"
        if self.needs_classes and not knows_classes(model):
            return "no sample of it has a class"
        if self.needs_factors and not data.spec(model.config.dataset).factors:
            return "only those of shapes are known"
        return ""


METRICS: dict[str, Metric] = {
    "accuracy": Metric("classify", accuracies),
    "robustness": Metric("classify", robustness),
    "gan_test": Metric("sample", gan_test, needs_classifier=True, needs_classes=True),
    "gan_train": Metric("sample", gan_train, needs_classes=True),
    "distances": Metric("sample", distances, needs_classifier=True),
    "elbo": Metric("likelihood", bounds),
    "ood": Metric("classify", ood_scores),
    "factors": Metric("encode", factors, needs_factors=True),
}


def applicable(model: Model, classifier: Model | None) -> list[str]:
    """The keys of METRICS that can be measured of a model, with this reference classifier."""
    return [
        name
        for name, metric in METRICS.items()
        if not metric.obstacle(model) and (classifier or not metric.needs_classifier)
    ]


def make_reference(
    checkpoint: Path,
    model: Model,
    *,
    data_dir: Path | None = None,
    limit: int | None = None,
    classifier: Path | None = None,
) -> Reference:
    """What a released model is measured against.

    Args:
        limit: use the first test images, so many; None is all.
        classifier: a released one; None is that beside the checkpoint.
    """
    dataset = model.config.dataset
    classifier = classifier or find_reference_classifier(Path(checkpoint).parent, dataset)
    test = data.load(dataset, "test", data_dir=data_dir, limit=limit)
    return Reference(test, load(classifier) if classifier else None, data_dir)


def evaluate(
    checkpoint: Path,
    *,
    data_dir: Path | None = None,
    names: list[str] | None = None,
    without: tuple[str, ...] = (),
    limit: int | None = None,
    classifier: Path | None = None,
    reference: Reference | None = None,
    predictions: Path | None = None,
) -> dict:
    """The object that `python -m dgm.evaluate --json` prints.

    Args:
        names: keys of METRICS; None is every one that the model is capable of but `without`.
        data_dir, limit, classifier: see `make_reference`.
        reference: in the place of these, for models that share it.
        predictions: a folder for `write_predictions`, where accuracies are among the metrics.

    Raises:
        ValueError: a metric is unknown, or the model cannot give it.
        FileNotFoundError, dgm.data.DataUnavailableError: the model or its test set is missing.
    """
    model = load(checkpoint)
    reference = reference or make_reference(
        checkpoint, model, data_dir=data_dir, limit=limit, classifier=classifier
    )
    dataset = reference.test
    if dataset.class_names != model.class_names:
        raise ValueError(
            f"{checkpoint} knows {model.class_names}, the data set has {dataset.class_names}"
        )
    compared = Comparison(model, reference)
    if names is None:
        names = [name for name in applicable(model, reference.classifier) if name not in without]
    figures = {}
    for name in names:
        if name not in METRICS:
            raise ValueError(f"no metric {name!r}: there are {', '.join(METRICS)}")
        if obstacle := METRICS[name].obstacle(model):
            raise ValueError(f"{model.name} has no {name!r}: {obstacle}")
        figures |= METRICS[name].measure(compared)
    has_predictions = "predictions" in vars(compared)  # else no metric asked for them
    if predictions and has_predictions:
        write_predictions(predictions, compared.predictions)
    return {
        "checkpoint": model.name,
        "dataset": dataset.name,
        "split": dataset.split,
        "num_images": len(dataset),
        "metrics": {name: round(value, 5) for name, value in figures.items()},
    } | ({"details": details(compared)} if has_predictions else {})
