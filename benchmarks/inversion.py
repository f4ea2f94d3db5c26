"""From a picture back to the latent vector of a GAN: `python -m benchmarks.inversion`.

Looks for test pictures in a model's latent space as the Generate tab does. Prints {"seconds", their
median and "slowest_seconds", "first_seconds": of the first, which is compiled, "feature_ratio": the
distance that is left in the reference classifier's pooled features, in which nearest neighbours are
looked for too, as a share of that of the first guess, the nearest of 64 draws, "map_ratio": the
same in its maps, which is what is descended on, "off": mean difference of a pixel, 1 is that of
black and white}, medians all. Needs the test pictures of the model's data set.
"""

import time

import numpy as np

from benchmarks import record
from benchmarks.page import ROOT
from demo.service.inversion import NUM_SEARCH_STEPS
from dgm import data, load
from dgm.analysis.inversion import invert
from dgm.release import find_reference_classifier


def main() -> None:
    parser = record.parser("Time and distance of inversions.")
    parser.add_argument("--model", default="dcgan-cifar10", help="a model in checkpoints/")
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--steps", type=int, default=NUM_SEARCH_STEPS)
    options = parser.parse_args()
    model = load(ROOT / "checkpoints" / options.model)
    feature_model = load(find_reference_classifier(ROOT / "checkpoints", model.config.dataset))
    test = data.load(model.config.dataset, "test").take(slice(options.pictures))
    seconds, feature_ratios, map_ratios, offs = [], [], [], []
    for image, label in zip(data.to_float(test.images), test.labels, strict=True):
        begun = time.perf_counter()
        path = list(invert(model, feature_model, image, int(label), options.steps))
        seconds.append(time.perf_counter() - begun)
        map_ratios.append(path[-1][1] / path[0][1])
        drawn = model.decode(np.stack([path[0][0], path[-1][0]]), [label] * 2)
        features = feature_model.features(np.concatenate([drawn, image[None]]))
        first, last = np.linalg.norm(features[:2] - features[2], axis=1)
        feature_ratios.append(last / first)
        offs.append(np.abs(drawn[1] - image).mean() / 2)
    found = {
        "model": options.model,
        "steps": options.steps,
        "n": len(seconds),
        "seconds": round(float(np.median(seconds[1:] or seconds)), 2),
        "slowest_seconds": round(max(seconds[1:] or seconds), 2),
        "first_seconds": round(seconds[0], 2),
        "feature_ratio": round(float(np.median(feature_ratios)), 3),
        "map_ratio": round(float(np.median(map_ratios)), 3),
        "off": round(float(np.median(offs)), 4),
    }
    record.report("inversion", "A picture back to latent space", found, write=options.write)


if __name__ == "__main__":
    main()
