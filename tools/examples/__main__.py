"""Draw the example pictures of the page: `python -m tools.examples`.

All of them are the project's own: digits as pen strokes on paper, clothes and scenes as shaded
shapes, and shapes that are nothing else. They are drawn large and reduced, so that edges are soft,
and written as small WebP files to demo/examples/DATASET/, with examples.json for their order and
titles.
"""

import argparse
import json
from pathlib import Path

from tools.examples import cifar10, fashion_mnist, mnist, shapes

FOLDER = Path(__file__).parents[2] / "demo" / "examples"
EXAMPLES = {
    "mnist": mnist.EXAMPLES,
    "fashion_mnist": fashion_mnist.EXAMPLES,
    "cifar10": cifar10.EXAMPLES,
    "shapes": shapes.EXAMPLES,
}


def write(out: Path) -> None:
    """Draw all examples into out/DATASET/NAME.webp, and list them in out/examples.json."""
    listing = {}
    for dataset, examples in EXAMPLES.items():
        (out / dataset).mkdir(parents=True, exist_ok=True)
        # Shapes have clean edges and few colours; a photograph's compression smears both.
        lossless = dataset == "shapes"
        for example in examples:
            file = out / dataset / f"{example.name}.webp"
            example.draw().save(file, method=6, quality=80 if lossless else 82, lossless=lossless)
        listing[dataset] = [{"file": f"{e.name}.webp", "title": e.title} for e in examples]
    (out / "examples.json").write_text(json.dumps(listing, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.examples", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder (demo/examples)")
    write(parser.parse_args().out)


if __name__ == "__main__":
    main()
