"""The figures of a benchmark of the page: printed, and with `--write` kept for RESULTS.md.

`results/page/NAME.json` then holds {"title", "command", "hardware", "found"}, of which
`python -m dgm.benchmark` makes a table.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

from benchmarks.page import ROOT


def parser(description: str) -> argparse.ArgumentParser:
    """With the option that all benchmarks of the page have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--write", action="store_true", help="keep the figures, for RESULTS.md")
    return made


def report(name: str, title: str, figures: dict, *, write: bool) -> None:
    """Print figures as one JSON object, and write it to results/page/NAME.json.

    title: what was measured, as the table calls it.
    """
    print(json.dumps(figures))
    if not write:
        return
    from dgm.training.records import describe_hardware  # JAX, which a browser's side does not need

    arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
    command = shlex.join(["python", "-m", f"benchmarks.{Path(sys.argv[0]).stem}", *arguments])
    file = ROOT / "results" / "page" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = {"title": title, "command": command, "hardware": describe_hardware(), "found": figures}
    file.write_text(json.dumps(kept, indent=1) + "\n")
