"""What the tests of the page share: how a page is served, watched, driven and read."""

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.page import ROOT, serve

# Copied first: a browser warns of a canvas that is read again and again.
PICTURE = """
canvas => {
  const copy = Object.assign(document.createElement('canvas'), {
    width: canvas.width, height: canvas.height,
  });
  copy.getContext('2d').drawImage(canvas, 0, 0);
  return copy.toDataURL();
}
"""
# The text of the tab whose contrast with what is behind it is below 4.5, as "text: contrast".
FAINT = """
tab => {
  const pen = Object.assign(document.createElement('canvas'), {width: 1, height: 1})
    .getContext('2d', {willReadFrequently: true});
  const parse = color => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  let seen = 0;
  const walk = document.createTreeWalker(
    document.querySelector(tab), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    const words = walk.currentNode.textContent.trim();
    if (!words || !node.checkVisibility() || node.closest('option, .dg-hidden')) continue;
    const style = getComputedStyle(node);
    const ink = light(parse(node.closest('svg') ? style.fill : style.color));
    const paper = light(behind(node));
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    seen++;
    if (contrast < 4.5) faint.push(`${words}: ${contrast.toFixed(2)}`);
  }
  return {seen, faint};
}
"""
PATIENCE = 60_000  # ms; a model that is asked for the first time is compiled
EXAMPLES = ROOT / "demo" / "examples"
TABS = ("Classify", "Train", "Generate", "Compare", "Trust", "Curves")
FASHION = "-fashion_mnist"

# What data sets and pictures are called on the page.
MNIST = "Handwritten digits MNIST"
FASHION_MNIST = "Clothes Fashion-MNIST"
CIFAR10 = "Animals and vehicles CIFAR-10"
DIGITS = "Small digits Digits 8×8"
SEEN = "The picture as the model sees it"
DRAWN = "The picture that the model draws"
HEAT = re.compile("^Heat map: ")
SAMPLES = re.compile(r"^What .* drew at step ")


def page_on(folder: Path, checkpoints: Path, **environment: str) -> Iterator[str]:
    """The address of a page on these runs, which must not fail while it is served. What it writes
    lies in the folder, where there are no official data."""
    log = folder / "app.log"
    environment |= {"DGM_DATA_DIR": "", "DGM_CACHE_DIR": str(folder / "cache")}
    with serve(log, DGM_CHECKPOINTS=str(checkpoints), **environment) as address:
        yield address
    assert "Traceback" not in log.read_text()


class Watched:
    """A page, and all that must not happen on it."""

    def __init__(self, chromium, width=1280, height=860, **settings):
        self.context = chromium.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",  # no click on what is still moving
            **settings,
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.complaints = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request):
        if not re.match(r"(http://127\.0\.0\.1:\d+/|data:|blob:)", request.url):
            self.complaints.append(f"request: {request.url}")

    def open(self, url: str, tab: str = "Classify", query: str = ""):
        self.page.goto(f"{url}/{query}")
        self.show(tab)
        return self.page

    def show(self, tab: str) -> None:
        shown = self.page.get_by_role("tab", name=tab)
        self.page.get_by_role("tablist").wait_for()
        if not shown.is_visible():  # on a narrow screen
            self.page.get_by_role("button", name="More tabs").click()
            shown = self.page.get_by_role("button", name=tab, exact=True)
        shown.click()
        self.page.wait_for_selector(f".dg-{tab.lower()}:not(.dg-waiting)")


def image_named(scope, name: str | re.Pattern):
    """The picture of that name on the page, or in a part of it."""
    return scope.get_by_role("img", name=name, exact=True)


def pill(scope, name: str):
    """The radio button or check box of that name; a figure may follow: "DCGAN 99.5 % right"."""
    named = re.compile(rf"^{re.escape(name)}( \d.*)?$")
    boxes = (scope.get_by_role(role, name=named) for role in ("radio", "checkbox"))
    return next(boxes).or_(next(boxes))


def choose(scope, name: str, on: bool = True) -> None:
    """Press one of the pills, whose boxes lie unseen behind their words."""
    pill(scope, name).set_checked(on, force=True)


def wait_until_chosen(page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True, checked=True).wait_for(state="attached")


def examples(scope):
    """The buttons that give an example picture, in their order."""
    return scope.get_by_role("button", name="Example: ")


def seed_of(page):
    return page.get_by_role("spinbutton", name="Seed")


def select(page, name: str, option: str) -> None:
    page.get_by_role("combobox", name=name).select_option(label=option)


def pixels(canvas) -> bytes:
    """What a canvas shows: red, green, blue, alpha of each pixel."""
    url = canvas.evaluate(PICTURE)
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        return image.convert("RGBA").tobytes()


def difference(a: bytes, b: bytes) -> int:
    """The largest difference of two pictures, in grey levels."""
    x, y = (np.frombuffer(picture, np.uint8).astype(int) for picture in (a, b))
    return int(np.abs(x - y).max())


def as_array(picture: bytes) -> np.ndarray:
    """[32, 32, 4] of a picture of 32 x 32 pixels."""
    return np.frombuffer(picture, np.uint8).reshape(32, 32, 4)


def wait_for_change(canvas, before: bytes) -> bytes:
    for _ in range(200):
        now = pixels(canvas)
        if now != before:
            return now
        canvas.page.wait_for_timeout(50)
    raise AssertionError(f"{canvas} did not change")


def label_of(page):
    """Where the predicted class stands."""
    return page.get_by_role("status", name="Predicted class")


def wait_for_label(page, classes: str = r"\d") -> str:
    label_of(page).filter(has_text=re.compile(rf"^({classes})$")).wait_for()
    return label_of(page).inner_text()


def bars_of(page):
    """The bars of the prediction, a class each."""
    return page.get_by_role("list", name="How likely each class is").get_by_role("listitem")


def methods_of(page):
    """The section with the predictions of all methods."""
    return page.get_by_role("region", name="All methods, side by side")


def photo(example: str) -> bytes:
    """An example of CIFAR-10 before a wall, as a phone held upright writes it: a JPEG of 4,000 x
    3,000 pixels that lies on its side, and says so."""
    across, down = np.meshgrid(np.linspace(0, 1, 3000), np.linspace(0, 1, 4000))
    wall = np.stack([90 + 60 * across, 120 - 40 * down, 60 + 80 * down], -1)
    scene = Image.fromarray(wall.astype(np.uint8))
    with Image.open(EXAMPLES / "cifar10" / f"{example}.webp") as image:
        scene.paste(image.resize((2800, 2800)), (100, 600))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    buffer = io.BytesIO()
    scene.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def give(scope, picture: bytes | Image.Image, kind: str = "png") -> None:
    """Give the page, or a part of it, a picture as a file."""
    if isinstance(picture, Image.Image):
        buffer = io.BytesIO()
        picture.save(buffer, kind)
        picture = buffer.getvalue()
    file = {"name": f"IMG 1.{kind}", "mimeType": f"image/{kind}", "buffer": picture}
    scope.get_by_role("button", name="Choose a file").set_input_files(file)


def draw(page, *points: tuple[float, float]) -> None:
    """One stroke on the pad, its points in shares of its side."""
    box = image_named(page, "Pad to draw on").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()


def assert_readable(page, classes: tuple[str, ...]) -> None:
    """Whatever was shown, the answer is whole, and nothing is told to have gone wrong."""
    label = wait_for_label(page, "|".join(classes))
    bars = bars_of(page)
    assert bars.locator(".dg-name").all_inner_texts() == list(classes)
    shares = bars.locator(".dg-number").all_inner_texts()
    values = [float(re.fullmatch(r"(?:>\s)?([\d.]+)\s%", share)[1]) for share in shares]
    assert sum(values) == pytest.approx(100, abs=5)  # each is rounded
    assert values[classes.index(label)] == max(values)
    assert page.get_by_text(re.compile(r"% · (sure|fairly sure|unsure|guessing)$")).is_visible()
    assert max(pixels(image_named(page, SEEN))) > 0
    assert page.get_by_role("alert").count() == 0  # that can be seen


def wait_for_reasons(page) -> None:
    """Until every part that follows the bars has answered."""
    methods_of(page).get_by_role("status").filter(has_text=re.compile(r"\S")).wait_for()
    page.wait_for_function(
        "() => !document.querySelector('.dg-classify [aria-busy], .dg-classify[aria-busy]')"
    )


def wait_for_picture(page) -> bytes:
    page.wait_for_selector("[data-ref=picture][data-shown]")
    page.get_by_role("button", name=re.compile(r"\bseed \d+$")).first.wait_for()
    return pixels(image_named(page, DRAWN))


def wait_for_tiles(page, num: int) -> None:
    """Until so many samples are drawn, each a button."""
    page.wait_for_function("num => document.querySelectorAll('.dg-tile').length === num", arg=num)


def undo(page) -> None:
    """Take back the last change of the picture on the canvas."""
    page.get_by_role("region", name="One picture").get_by_role("button", name="Undo").click()


def shown(page) -> dict:
    """The setting that the picture on the canvas shows."""
    return json.loads(image_named(page, DRAWN).get_attribute("data-shown"))


def wait_for_shown(page, condition: str) -> None:
    """Until it shows one that fulfils a condition on `s`."""
    page.wait_for_function(
        "() => [document.querySelector('[data-ref=picture]').dataset.shown]"
        f".map(JSON.parse).some((s) => {condition})"
    )


def columns(page) -> list[str]:
    """The recipes side by side, once all of them show what was asked for last."""
    page.wait_for_function(
        """() => {
          const models = [...document.querySelectorAll('.dg-models .dg-model')];
          return models.length && models.every(model => !model.hasAttribute('aria-busy'));
        }"""
    )
    names = page.locator(".dg-models .dg-model").evaluate_all(
        "models => models.map(model => model.dataset.model)"
    )
    return [name.removesuffix(FASHION) for name in names]
