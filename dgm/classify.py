"""`python -m dgm.classify CHECKPOINT IMAGE [IMAGE ...]`: what a model sees in pictures."""

import argparse
import json
import sys

from dgm.data import PictureError, fit_picture, open_picture, to_float
from dgm.model import load


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dgm.classify", description="Say what a model sees in pictures."
    )
    parser.add_argument("checkpoint", help="folder of a released model, or hf://OWNER/NAME")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="picture files of any size")
    parser.add_argument("--method", help="method of classifying (the model's own first)")
    parser.add_argument(
        "--importance",
        type=int,
        metavar="K",
        help="draws of z for each bound on log p(x|y), where a VAE classifies",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    answers, failed = {}, False
    try:
        model = load(options.checkpoint)
        for file in options.images:
            try:
                picture = fit_picture(open_picture(file), model.config.dataset)
            except PictureError as error:
                print(f"error: {file}: {error}", file=sys.stderr)
                failed = True
                continue
            draws = {} if options.importance is None else {"num_importance": options.importance}
            probabilities = model.classify(to_float(picture[None]), options.method, **draws)[0]
            answers[file] = dict(zip(model.class_names, map(float, probabilities), strict=True))
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"checkpoint": model.name, "images": answers}))
    else:
        for file, answer in answers.items():
            best = sorted(answer.items(), key=lambda item: -item[1])[:3]
            print(f"{file}: " + ", ".join(f"{name} {share:.1%}" for name, share in best))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
