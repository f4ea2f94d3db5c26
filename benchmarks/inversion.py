"""From a picture back to the latent vector of a GAN: `python -m benchmarks.inversion`.

Looks for test pictures in a model's latent space as the Generate tab does. Prints {"seconds", their
median and "slowest_seconds", "first_seconds": of the first, which is compiled, "distance_ratio":
the distance that is left, as a share of that of the first guess, "off": mean difference of a pixel,
1 is that of black and white}. Needs the test pictures of the model's data set.
"""

import argparse
import json
import time

import numpy as np

from benchmarks.page import ROOT
from demo.service.placing import NUM_SEARCHED
from dgm import data, latent, load


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and distance of inversions.")
    parser.add_argument("--model", default="dcgan-cifar10", help="a model in checkpoints/")
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--steps", type=int, default=NUM_SEARCHED)
    options = parser.parse_args()
    model = load(ROOT / "checkpoints" / options.model)
    judge = load(ROOT / "checkpoints" / f"cnn-{model.config.dataset}")
    test = data.load(model.config.dataset, "test").take(slice(options.pictures))
    seconds, ratios, offs = [], [], []
    for image, label in zip(data.to_float(test.images), test.labels, strict=True):
        begun = time.perf_counter()
        path = list(latent.invert(model, judge, image, int(label), options.steps))
        seconds.append(time.perf_counter() - begun)
        ratios.append(path[-1][1] / path[0][1])
        offs.append(np.abs(model.decode(path[-1][0][None], [label])[0] - image).mean() / 2)
    print(
        json.dumps(
            {
                "model": options.model,
                "steps": options.steps,
                "n": len(seconds),
                "seconds": round(float(np.median(seconds[1:] or seconds)), 2),
                "slowest_seconds": round(max(seconds[1:] or seconds), 2),
                "first_seconds": round(seconds[0], 2),
                "distance_ratio": round(float(np.median(ratios)), 3),
                "off": round(float(np.median(offs)), 4),
            }
        )
    )


if __name__ == "__main__":
    main()
