"""`python -m dgm.evaluate CHECKPOINT`: the figures of a released model on a test set."""

import argparse
import json
import sys
from pathlib import Path

from dgm.data import DataUnavailableError
from dgm.evaluation.card import write
from dgm.evaluation.measure import METRICS, evaluate


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dgm.evaluate", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="folder of a released model")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    parser.add_argument("--metrics", help=f"some of {','.join(METRICS)} (all that apply)")
    parser.add_argument("--limit", type=int, help="use the first N test images")
    parser.add_argument(
        "--reference",
        type=Path,
        help="classifier that reads samples (judges/cnn-DATASET or cnn-DATASET beside CHECKPOINT)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write evaluation.json, predictions.safetensors and README.md into CHECKPOINT; with "
        "--metrics, figures that stand there stay",
    )
    options = parser.parse_args(arguments)
    try:
        result = evaluate(
            options.checkpoint,
            data_dir=options.data_dir,
            names=options.metrics.split(",") if options.metrics else None,
            limit=options.limit,
            classifier=options.reference,
            predictions=options.checkpoint if options.write else None,
        )
    except (ValueError, FileNotFoundError, DataUnavailableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.write:
        write(options.checkpoint, result, keep=bool(options.metrics))
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{result['checkpoint']}, {result['num_images']} {result['split']} images")
        for name, value in result["metrics"].items():
            print(f"  {name:28s} {value:.5g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
