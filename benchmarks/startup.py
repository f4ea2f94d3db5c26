"""From `python app.py` to the first page served: `python -m benchmarks.startup`.

Starts the page several times; the first start warms the disk and is not counted. Prints
{"seconds", "slowest_seconds", "n"}, seconds being the median.
"""

import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np

from benchmarks import record
from benchmarks.page import serve


def main() -> None:
    parser = record.parser("Time until the first page is served.")
    parser.add_argument("--starts", type=int, default=3)
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.starts + 1):
            begun = time.perf_counter()
            with serve(Path(folder) / "app.log") as url:
                urllib.request.urlopen(url).read()
                found.append(time.perf_counter() - begun)
    counted = found[1:]
    found = {
        "seconds": round(float(np.median(counted)), 2),
        "slowest_seconds": round(max(counted), 2),
        "n": len(counted),
    }
    record.report("startup", "Start to first page", found, write=options.write)


if __name__ == "__main__":
    main()
