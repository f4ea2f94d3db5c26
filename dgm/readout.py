"""`python -m dgm.readout CHECKPOINT`: fit more heads on a finished model and ship them with it."""

import argparse
import json
import sys
from pathlib import Path

from dgm.analysis.fitted_heads import FEWEST_HELD_OUT, add_fitted_heads, has_enough_held_out
from dgm.data import DataUnavailableError
from dgm.release import load_release


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dgm.readout",
        description="Fit a support vector machine, class Gaussians, temperatures and a threshold.",
    )
    parser.add_argument("checkpoint", type=Path, help="folder of a released model")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    options = parser.parse_args(arguments)
    try:
        config, _, _ = load_release(options.checkpoint)
        if not has_enough_held_out(config):
            print(
                f"{config.name} kept back {config.holdout} images when it was trained: no "
                f"temperature and no threshold (train with --holdout, {FEWEST_HELD_OUT} or more)",
                file=sys.stderr,
            )
        fitted = add_fitted_heads(options.checkpoint, options.data_dir)
    except (ValueError, FileNotFoundError, DataUnavailableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps({name: value.tolist() for name, value in fitted.items() if value.ndim == 0}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
