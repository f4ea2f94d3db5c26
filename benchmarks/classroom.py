"""A class at the page, each moving a slider: `python -m benchmarks.classroom`.

Starts `python app.py`; every user is an HTTP client of its own that asks for a picture twice a
second, and as the page does for the next only once the last is there. Prints {"users", "p50_ms",
"p95_ms", "errors", "asked_a_second", "answered_a_second", "model_ms", "encoding_ms"}, the last two
being what one picture takes of a core: where they are far below "p50_ms", requests wait for one
another or for the web server.
"""

import http.client
import json
import random
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import record
from benchmarks.page import ROOT, parts_of_a_picture, percentiles, serve


@dataclass
class User:
    """One visitor: the seconds of each answer, and what went wrong."""

    number: int
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def ask(self, connection: http.client.HTTPConnection, body: dict) -> None:
        begun = time.perf_counter()
        try:
            connection.request(
                "POST",
                "/gradio_api/component_server",
                json.dumps(body),
                {"Content-Type": "application/json"},
            )
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.errors.append(repr(error))
            connection.close()
            return
        if "picture" in answer:
            self.seconds.append(time.perf_counter() - begun)
        else:
            self.errors.append(str(answer))

    def move(self, url: str, component: int, setting: dict, rate: float, seconds: float) -> None:
        """Move sliders `rate` times a second, for so many seconds."""
        address = urllib.parse.urlsplit(url)
        hand = random.Random(self.number)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        until = time.perf_counter() + seconds
        due = time.perf_counter() + hand.random() / rate
        while due < until:
            time.sleep(max(0.0, due - time.perf_counter()))
            sliders = [round(hand.uniform(-3, 3), 2) for _ in range(8)]
            body = {
                "data": setting | {"seed": self.number, "sliders": sliders},
                "component_id": component,
                "fn_name": "draw",
                "session_hash": f"user{self.number}",
            }
            self.ask(connection, body)
            due = max(due + 1 / rate, time.perf_counter())
        connection.close()


def generate_tab(url: str) -> int:
    """The number by which the page's server knows the Generate tab."""
    with urllib.request.urlopen(f"{url}/config") as response:
        components = json.load(response)["components"]
    (found,) = [
        c["id"] for c in components if "slider_previews" in (c["props"].get("server_fns") or ())
    ]
    return found


def measure(url: str, name: str, num_users: int, rate: float, seconds: float) -> dict:
    config = json.loads((ROOT / "checkpoints" / name / "config.json").read_text())
    setting = {"model": name, "label": config["class_names"][0]}
    component = generate_tab(url)
    first = User(0)
    first.move(url, component, setting, 1, 3)  # until the model is loaded
    if first.errors:
        raise RuntimeError(first.errors[0])
    users = [User(number) for number in range(num_users)]
    args = (url, component, setting, rate, seconds)
    threads = [threading.Thread(target=user.move, args=args) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = [1000 * s for user in users for s in user.seconds]
    errors = [error for user in users for error in user.errors]
    return {
        "model": name,
        "users": num_users,
        **percentiles(times),
        "errors": len(errors),
        "first_error": errors[0] if errors else None,
        "asked_a_second": round(num_users * rate, 1),
        "answered_a_second": round(len(times) / seconds, 1),
    }


def main() -> None:
    parser = record.parser("Many users at once, each moving a slider.")
    parser.add_argument("--model", default="dcgan-cifar10", help="a model in checkpoints/")
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--rate", type=float, default=2, help="pictures a second a user asks for")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "app.log") as url,
    ):
        found = measure(url, options.model, options.users, options.rate, options.seconds)
    found |= parts_of_a_picture(options.model)
    title = "Many users, each moving a slider"
    record.report("classroom", title, found, write=options.write)


if __name__ == "__main__":
    main()
