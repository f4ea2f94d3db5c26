"""What the page offers, as JSON: data sets with their models and examples, and training runs."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

from demo import transport
from demo.service import Service
from demo.service.neighbours import FeatureExtraction, NearestNeighbours
from demo.service.runs import Run
from demo.text import library, text

EXAMPLES = Path(__file__).parent / "examples"
# The measured figures that the page shows, beside the accuracy of a model's default method.
FIGURES = ("gan_test", "gan_train", "fd_dgm", "kid_dgm", "precision", "recall")
_SUFFIXES = ("", "/low", "/high", "/floor", "/judge")  # a figure, and what it is compared with


def catalog(service: Service, *, with_examples: bool = False) -> dict:
    """{"datasets": [{"key", "title", "subject", "channels", "fitting", "drawn", "strokes",
    "classes", "varied_class", "models", "examples"}], "runs": [{"name", "title", "dataset", …}]},
    read anew at each call: a model that was trained while the page ran is there at the next
    visit."""
    runs = list(service.models.runs().values())
    datasets: dict[str, dict] = {}
    for run in runs:
        if not run.has_model:
            continue
        key = run.dataset.name
        if key not in datasets:
            datasets[key] = {
                "key": key,
                "title": library.title(run.dataset),
                "subject": library.subject(run.dataset),
                "channels": run.config.channels,
                "fitting": run.dataset.fitting,
                "drawn": run.dataset.drawn,
                "strokes": run.dataset.strokes,
                "classes": list(run.config.class_names),
                "varied_class": run.dataset.varied_class or run.config.class_names[0],
                "models": [],
                "examples": examples(key) if with_examples else [],
            }
        datasets[key]["models"].append(_model(run))
    return {"datasets": list(datasets.values()), "runs": [_run(run) for run in runs]}


def _model(run: Run) -> dict:
    if not run.is_shipped:
        note = run.name
    elif run.config.recipe == "cnn":
        note = text("catalog.baseline")
    else:
        note = ""
    return {
        "name": run.name,
        "recipe": run.config.recipe,
        "title": run.title,
        "note": note,
        "methods": list(run.methods),
        "shipped": run.is_shipped,
        "accuracy": run.accuracy,
        "explained_methods": list(run.abilities.explained_methods),
        "has_ood_score": run.abilities.has_ood_score,
        "has_features": run.abilities.has_features,
        "has_likelihood": run.can("likelihood"),
        "has_counterfactuals": run.abilities.has_class_priors,
        "generates": run.can("sample"),
        "has_encoder": run.can("encode"),
        "factors": run.factors,
        "latent_dim": run.abilities.latent_dim,
        "conditional": run.abilities.is_conditional,
        "figures": _figures(run),
        "images": run.images,
        "minutes": run.seconds / 60,
    }


def _figures(run: Run) -> dict[str, float]:
    """{"accuracy": that of its default method, "gan_test", …}: what was measured of a model."""
    sources = {name: name for name in FIGURES}
    if run.methods:
        sources["accuracy"] = f"accuracy/{run.methods[0]}"
    return {
        name + suffix: run.figures[source + suffix]
        for name, source in sources.items()
        for suffix in _SUFFIXES
        if source + suffix in run.figures
    }


def _run(run: Run) -> dict:
    return {
        "name": run.name,
        "title": run.title,
        "dataset": run.dataset.name,
        "dataset_title": library.title(run.dataset),
        "classes": list(run.config.class_names),
        "conditional": run.abilities.is_conditional,
        "shipped": run.is_shipped,
        "steps": run.sample_steps(),
    }


def measured_methods(run: Run) -> list[dict]:
    """What was measured of each method by which a model classifies, the default first; None, or an
    empty "robustness", where it was not.

    [{"method", "accuracy", "ece", "has_temperature": whether the ECE is that after fitting a
    temperature, "reliability", "confusion": see `Run`, "robustness": {corruption: [[level,
    accuracy], …]}, "num_tested": test pictures that all this rests on, "is_predicted": whether its
    prediction for each was kept, "is_attacked": whether an attack on it is quick enough to be
    shown}]
    """
    return [
        {
            "method": method,
            "accuracy": run.figures.get(f"accuracy/{method}"),
            "ece": run.figures.get(f"ece/{method}"),
            "has_temperature": f"temperature.{method}" in run.fitted,
            "reliability": run.reliability.get(method),
            "confusion": run.confusion.get(method),
            "robustness": {
                corruption: [list(pair) for pair in levels.items()]
                for corruption, levels in run.robustness(method).items()
            },
            "num_tested": run.num_tested,
            "is_predicted": method in run.predicted_methods and method in run.confusion,
            "is_attacked": method in run.abilities.explained_methods,
        }
        for method in run.methods
    ]


def ood_detection(run: Run) -> dict:
    """{"kinds": [{"kind", "title", "subject", "shares": see `OODKind.auroc`}], "accepted": share of
    test pictures below the out-of-distribution threshold}, empty and None where it was not
    measured."""
    return {
        "kinds": [
            {
                "kind": kind.name,
                "title": kind.title,
                "subject": kind.subject,
                "shares": kind.auroc,
            }
            for kind in run.ood_kinds
        ],
        "accepted": run.figures.get("accepted"),
    }


def availability(service: Service, dataset: str, split: str) -> dict:
    """Whether the "train" or "test" pictures of a data set are on this computer, the bytes that a
    download would fetch, whether those are of both splits, and how a download stands."""
    found = service.datasets.availability(dataset, split)
    job = found.download
    return {
        "is_local": found.is_local,
        "num_bytes": found.num_bytes,
        "has_both_splits": found.has_both_splits,
        "share": job.share if job and not job.is_over else None,
        "failure": job.error if job else "",
    }


def requested_availability(service: Service, request: transport.Request, split: str) -> dict:
    """{"dataset", "fetch"?: whether to begin a download} -> `availability`."""
    dataset = service.models.classifiers(request["dataset"])[0].dataset.name
    if request["fetch"] is True:
        service.datasets.download(dataset, split)
    return availability(service, dataset, split)


def nearest_neighbours(
    service: Service, name: str, find: Callable[[], NearestNeighbours | FeatureExtraction]
) -> dict:
    """The training pictures of a model that `find` finds, in a row.

    As long as these are not on this computer, it is {"availability": see `availability`}; as long
    as their features are being computed, {"share", "total"}.
    """
    training = availability(service, service.models.run(name).dataset.name, "train")
    if not training["is_local"]:
        return {"availability": training}
    found = find()
    if isinstance(found, FeatureExtraction):
        return {"share": found.share, "total": found.total}
    return {
        "grid": transport.grid_url(found.pictures),
        "labels": found.labels,
        "distances": found.distances,
        "identical": found.identical,
        "share_further": found.share_further,
        "total": found.total,
    }


def examples(dataset: str) -> list[dict]:
    """[{"name", "title", "url"}] of the example pictures of a data set, in their order."""
    listing = EXAMPLES / "examples.json"
    if not listing.is_file():
        return []
    listed = json.loads(listing.read_text()).get(dataset, [])
    return [
        {
            "name": f"{dataset}/{item['file']}",
            "title": item["title"],
            "url": _data_url(EXAMPLES / dataset / item["file"]),
        }
        for item in listed
    ]


def _data_url(file: Path) -> str:
    return "data:image/webp;base64," + base64.b64encode(file.read_bytes()).decode()
