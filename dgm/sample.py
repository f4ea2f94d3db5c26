"""`python -m dgm.sample CHECKPOINT --out FILE.png|DIR`: pictures that a model draws."""

import argparse
import math
import sys
from pathlib import Path

import numpy as np

from dgm import viz
from dgm.model import load


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dgm.sample", description=__doc__)
    parser.add_argument("checkpoint", help="folder of a released model, or hf://OWNER/NAME")
    parser.add_argument("--label", help="class by name (all classes in turn)")
    parser.add_argument("--num", type=int, default=16, help="how many pictures (16)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--truncation", type=float, default=1.0, help="scale of z (1.0)")
    parser.add_argument(
        "--out", type=Path, required=True, help="FILE.png: one grid; a folder: a PNG a picture"
    )
    options = parser.parse_args(arguments)
    if options.num < 1:
        parser.error(f"--num must be 1 or more, not {options.num}")
    try:
        model = load(options.checkpoint)
        pictures = model.sample(options.seed, options.label, options.num, options.truncation)
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.out.suffix == ".png":
        options.out.parent.mkdir(parents=True, exist_ok=True)
        num_classes = model.config.num_classes
        square = math.ceil(math.sqrt(options.num))
        columns = square if options.label or options.num < num_classes else num_classes
        viz.grid(pictures, columns).save(options.out)
    else:
        options.out.mkdir(parents=True, exist_ok=True)
        labels = np.arange(options.num) % model.config.num_classes
        for i, picture in enumerate(pictures):
            name = options.label or model.class_names[labels[i]]
            viz.grid(picture[None], 1).save(options.out / f"{i:06d}-{name.replace('/', '-')}.png")
    print(f"{options.num} pictures by {model.name}: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
