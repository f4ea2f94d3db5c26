"""Train: choose data, a system and a few settings, and watch it learn.

The training runs in a process of its own, see `demo.service.live_training`; the script beside this
file asks about twice a second how it stands.
"""

import base64

import numpy as np

from demo import transport
from demo.catalog import availability
from demo.markup import show
from demo.service import Service, checks
from demo.service.live_training import GoneError
from demo.service.training_settings import (
    datasets,
    defaults,
    described,
    is_critic,
    players,
    trainable,
)
from demo.text import library, text

TITLE = text("train.tab")
ORDER = 15


def build(service: Service) -> None:
    """Add the tab."""
    trainings = service.trainings

    @transport.server_function
    def catalog(request: transport.Request) -> dict:
        """What can be trained: {"datasets": [{"key", "title", "subject", "classes": names,
        "availability": of its training pictures}], "recipes": [{"name", "title", "summary"}]}."""
        return {
            "datasets": [
                {
                    "key": spec.name,
                    "title": library.title(spec),
                    "subject": library.subject(spec),
                    "classes": list(spec.class_names),
                    "availability": availability(service, spec.name, "train"),
                }
                for spec in datasets()
            ],
            "recipes": [
                {
                    "name": name,
                    "title": library.system(name),
                    "summary": library.summary(name),
                }
                for name in trainable()
            ],
        }

    @transport.server_function
    def prepare(request: transport.Request) -> dict:
        """The visitor looks at the tab: have a process at hand."""
        trainings.warm_up()
        return {"is_ready": True}

    @transport.server_function
    def settings(request: transport.Request) -> dict:
        """{"dataset", "recipe"} -> what may be set, see `described`."""
        return {"settings": described(defaults(request["dataset"], request["recipe"]))}

    @transport.server_function
    def begin(request: transport.Request) -> dict:
        """{"dataset", "recipe", "settings"} -> {"key"}, by which it is asked for from here on."""
        chosen = request["settings"] if isinstance(request["settings"], dict) else {}
        return {"key": trainings.begin(request["dataset"], request["recipe"], chosen)}

    @transport.server_function
    def status(request: transport.Request) -> dict:
        """{"key", "since"?: number of records that the page has, "frame"?: step whose pictures it
        has, "wishes"?: whether to tell what D wants changed} -> how the training stands.

        {"place": in the queue, 0 where it runs, "is_ready": it has drawn something, "is_over",
        "error", "refusal": why the last change of settings was not made, "is_playing", "step",
        "images", "seconds", "dataset", "recipe", "is_conditional", "players": see `players`,
        "is_critic", "settings": see `described`, "records": those from "since" on, "changes": steps
        at which settings were changed, "frames": steps whose grids are kept, "variety",
        "real_variety"}; and where the page has not those of this step, {"grid": a data URL, "real",
        "drawn": see `_judged`}. {"is_gone": why} where there is no such training.
        """
        key = request["key"]
        try:
            training = trainings.training(key)
        except GoneError as error:
            return {"is_gone": str(error)}
        since = request["since"] if isinstance(request["since"], int) else 0
        last, config = training.last, training.config
        found = {
            "place": trainings.place(key),
            "is_ready": last is not None,
            "is_over": training.is_over,
            "error": training.error,
            "refusal": training.refusal,
            "dataset": config.dataset,
            "recipe": config.recipe,
            "is_conditional": config.is_conditional,
            "players": players(config),
            "is_critic": is_critic(config),
            "settings": described(config),
            "records": training.records[max(0, since) :],
            "changes": training.changes,
            "frames": sorted(training.frames),
            "is_playing": training.is_playing,
            "step": last.step if last else 0,
            "images": last.images if last else 0,
            "seconds": last.seconds if last else 0.0,
        }
        if last is None:
            return found
        found |= {"variety": last.variety, "real_variety": last.real_variety}
        if last.step == request["frame"]:
            return found
        if last.step in training.frames:
            found["grid"] = _url(training.frames[last.step])
        if last.real and last.drawn:
            judged = {"real": last.real, "drawn": last.drawn}
            with_wishes = request["wishes"] is True
            found |= {name: _judged(one, with_wishes) for name, one in judged.items()}
        return found

    @transport.server_function
    def play(request: transport.Request) -> dict:
        """{"key", "is_playing"}"""
        trainings.play(request["key"], request["is_playing"] is True)
        return {"is_playing": request["is_playing"] is True}

    @transport.server_function
    def step(request: transport.Request) -> dict:
        """{"key", "player": "generator", "discriminator" or "" for all, "num": 1 to 50}"""
        trainings.step(request["key"], request["player"] or "", request["num"])
        return {"num": request["num"]}

    @transport.server_function
    def change(request: transport.Request) -> dict:
        """{"key", "settings"}: go on with others."""
        chosen = request["settings"] if isinstance(request["settings"], dict) else {}
        trainings.change(request["key"], chosen)
        return {"settings": described(trainings.training(request["key"]).config)}

    @transport.server_function
    def frame(request: transport.Request) -> dict:
        """{"key", "step": one of "frames"} -> {"grid"}, what it drew at that step."""
        training = trainings.training(request["key"])
        step = request["step"]
        if not isinstance(step, int) or step not in training.frames:
            run = library.system(training.config.recipe)
            raise ValueError(text("errors.no-samples", run=run, step=checks.short(step)))
        return {"grid": _url(training.frames[step])}

    @transport.server_function
    def save(request: transport.Request) -> dict:
        """{"key"} -> {"file": the data URL of a zip, "name"}."""
        training = trainings.training(request["key"])
        content = base64.b64encode(trainings.save(request["key"])).decode()
        return {"file": f"data:application/zip;base64,{content}", "name": training.config.name}

    @transport.server_function
    def end(request: transport.Request) -> dict:
        """{"key"}: nothing is left of it."""
        trainings.end(str(request["key"]))
        return {"is_over": True}

    @transport.server_function
    def pictures(request: transport.Request) -> dict:
        """{"dataset", "fetch"?: whether to begin a download} -> see `availability`."""
        dataset = request["dataset"]
        if dataset not in [spec.name for spec in datasets()]:
            raise ValueError(text("errors.live-choice"))
        if request["fetch"] is True:
            service.datasets.download(dataset, "train")
        return availability(service, dataset, "train")

    once = [catalog, prepare, settings, pictures]
    show("tabs/train/train", [*once, begin, status, play, step, change, frame, save, end])


def _judged(judged, with_wishes: bool) -> dict:
    """{"grid": pictures in a row, "labels": class numbers, "logits": D's, for real, "wishes"?: for
    each picture 1,024 whole numbers, row by row: the gradient of the logit by a pixel, mean over
    channels, in percent of the largest of all these pictures}"""
    found = {
        "grid": transport.grid_url(judged.pictures),
        "labels": judged.labels.tolist(),
        "logits": [round(float(logit), 4) for logit in judged.logits],
    }
    if with_wishes:
        wishes = judged.wishes.astype(np.float32).mean(-1)
        largest = max(float(np.abs(wishes).max()), 1e-12)
        percents = np.rint(100 * wishes / largest).astype(int)
        found["wishes"] = percents.reshape(len(wishes), -1).tolist()
    return found


def _url(image: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(image).decode()
