"""The page: `python app.py`, then open the address that it prints.

GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say where it listens (127.0.0.1, 7860 or the next free);
DGM_CHECKPOINTS names other folders of runs than checkpoints/ and runs/.
"""

import os
import threading
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

from demo.service import Service
from demo.ui import build, launch_settings


def main() -> None:
    folders = os.environ.get("DGM_CHECKPOINTS", "").split(os.pathsep)
    service = Service(*[Path(folder) for folder in folders if folder])
    page = build(service)
    # In the background: the page is served at once, and each model is ready soon after.
    threading.Thread(target=service.warm_up, daemon=True).start()
    page.launch(**launch_settings())


if __name__ == "__main__":
    main()
