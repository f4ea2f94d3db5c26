"""`python -m benchmarks.figures`: write the table in docs/figures.md from what the checkpoints'
cards hold.

Reads `checkpoints/*/evaluation.json` (printed by `python -m dgm.evaluate --write`) and
`metrics.jsonl`; `--check` changes nothing and fails where the page differs.
"""

import argparse
import json
import sys
from pathlib import Path

from dgm.evaluation.tables import accuracy_cell, minutes, share_cell
from dgm.training.records import read_metrics

ROOT = Path(__file__).parent.parent
START, END = "<!-- figures: python -m benchmarks.figures -->", "<!-- end of figures -->"
_HEAD = "| model | accuracy | GAN-test | bound on log p(x) | trained |\n|---|---|---|---|---|\n"


def table(checkpoints: Path) -> str:
    """Markdown: a row a released model, with 95 % intervals."""
    rows = []
    for file in sorted(checkpoints.glob("*/evaluation.json")):
        result = json.loads(file.read_text())
        metrics = result["metrics"]
        header, records = read_metrics(file.parent / "metrics.jsonl")
        accuracy, gan_test = accuracy_cell(metrics), share_cell(metrics, "gan_test")
        bound = "–"
        if "elbo_nats" in metrics:
            bound = f"{metrics['elbo_nats']:.1f} nats, {metrics['bits_per_dim']:.2f} bits/dim"
        time = f"{minutes(records[-1]['seconds'])} min, {header['hardware']}"
        link = f"[{result['checkpoint']}](../checkpoints/{result['checkpoint']}/README.md)"
        rows.append(f"| {link} | {accuracy} | {gan_test} | {bound} | {time} |\n")
    return _HEAD + "".join(rows)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where the page differs")
    options = parser.parse_args(arguments)
    page = ROOT / "docs" / "figures.md"
    text = page.read_text()
    before, rest = text.split(START)
    _, after = rest.split(END)
    new = f"{before}{START}\n{table(ROOT / 'checkpoints')}{END}{after}"
    if options.check:
        return int(new != text)
    page.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
