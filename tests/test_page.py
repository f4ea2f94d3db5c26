"""The real page in a real Chromium: `python app.py` in a process of its own, on small models.

One test at the end opens the page on the shipped checkpoints.
"""

import base64
import io
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from asking import drawn_by
from page_runs import make_explained_runs, make_many_runs, make_runs, make_trusted_runs
from PIL import Image, ImageDraw

from benchmarks.page import ROOT, browser, find_chromium, serve
from dgm.data import CLASS_NAMES, SHAPES, load, measure_shapes

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright", reason="playwright is not installed")
if find_chromium() is None:
    pytestmark = [pytestmark, pytest.mark.skip(reason="no Chromium found: set DGM_CHROMIUM")]

TABS = ("Classify", "Generate", "Compare", "Trust", "Curves")
# Copied first: a browser warns of a canvas that is read again and again.
PICTURE = """
selector => {
  const canvas = document.querySelector(selector);
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


def page_on(folder: Path, checkpoints: Path, **environment: str) -> Iterator[str]:
    """The address of a page on these runs, which must not fail while it is served. What it writes
    lies in the folder, where there are no official data."""
    log = folder / "app.log"
    environment |= {"DGM_DATA_DIR": "", "DGM_CACHE_DIR": str(folder / "cache")}
    with serve(log, DGM_CHECKPOINTS=str(checkpoints), **environment) as address:
        yield address
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def page_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(page_folder, tiny_config) -> Iterator[str]:
    yield from page_on(page_folder, make_runs(page_folder / "checkpoints", tiny_config))


@pytest.fixture(scope="module")
def many_url(tmp_path_factory, tiny_config) -> Iterator[str]:
    """The page on many systems of one data set, for the Compare tab."""
    folder = tmp_path_factory.mktemp("many")
    yield from page_on(folder, make_many_runs(folder / "checkpoints", tiny_config))


@pytest.fixture(scope="module")
def why_url(tmp_path_factory, tiny_config) -> Iterator[str]:
    """The page on models that can be asked why."""
    folder = tmp_path_factory.mktemp("why")
    yield from page_on(folder, make_explained_runs(folder / "checkpoints", tiny_config))


@pytest.fixture(scope="module")
def trust_url(tmp_path_factory, tiny_config) -> Iterator[str]:
    """The page on models of which it was measured how far they may be believed, where there is no
    network."""
    folder = tmp_path_factory.mktemp("trust")
    proxies = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    yield from page_on(
        folder,
        make_trusted_runs(folder / "checkpoints", tiny_config),
        no_proxy="127.0.0.1,localhost",
        **proxies,
    )


@pytest.fixture(scope="module")
def shipped_url(tmp_path_factory) -> Iterator[str]:
    yield from page_on(tmp_path_factory.mktemp("shipped"), ROOT / "checkpoints")


@pytest.fixture(scope="module")
def chromium():
    with browser() as window:
        yield window


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
        self.page.get_by_role("tab", name=tab).click()
        self.page.wait_for_selector(f".dg-{tab.lower()}:not(.dg-waiting)")


@pytest.fixture
def watched(chromium):
    """watched(width=…): a page on which errors and requests to elsewhere fail the test."""
    opened = []

    def make(**settings) -> Watched:
        opened.append(Watched(chromium, **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()
        assert one.complaints == []


def pixels(page, selector: str) -> bytes:
    """What a canvas shows: red, green, blue, alpha of each pixel."""
    url = page.evaluate(PICTURE, selector)
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        return image.convert("RGBA").tobytes()


def difference(a: bytes, b: bytes) -> int:
    """The largest difference of two pictures, in grey levels."""
    x, y = (np.frombuffer(picture, np.uint8).astype(int) for picture in (a, b))
    return int(np.abs(x - y).max())


def as_array(picture: bytes) -> np.ndarray:
    """[32, 32, 4] of a picture of 32 x 32 pixels."""
    return np.frombuffer(picture, np.uint8).reshape(32, 32, 4)


def wait_for_change(page, selector: str, before: bytes) -> bytes:
    for _ in range(200):
        now = pixels(page, selector)
        if now != before:
            return now
        page.wait_for_timeout(50)
    raise AssertionError(f"{selector} did not change")


def wait_for_label(page, classes: str = r"\d") -> str:
    page.wait_for_function(
        "p => new RegExp(`^(${p})$`).test(document.querySelector('[data-ref=label]').textContent)",
        arg=classes,
    )
    return page.locator("[data-ref=label]").inner_text()


EXAMPLES = ROOT / "demo" / "examples"


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


def give(page, image: bytes | Image.Image, kind: str = "png", tab: str = "") -> None:
    """Give the page, or one of its tabs, a picture as a file."""
    if isinstance(image, Image.Image):
        buffer = io.BytesIO()
        image.save(buffer, kind)
        image = buffer.getvalue()
    file = {"name": f"IMG 1.{kind}", "mimeType": f"image/{kind}", "buffer": image}
    page.set_input_files(f"{tab} [data-ref=file]", file)


def draw(page, *points: tuple[float, float]) -> None:
    """One stroke on the pad, its points in shares of its side."""
    box = page.locator("[data-ref=pad]").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()


def assert_readable(page, classes: tuple[str, ...]) -> None:
    """Whatever was shown, the answer is whole, and nothing is told to have gone wrong."""
    label = wait_for_label(page, "|".join(classes))
    bars = page.locator("[data-ref=bars] li")
    assert bars.locator(".dg-name").all_inner_texts() == list(classes)
    shares = bars.locator(".dg-number").all_inner_texts()
    values = [float(re.fullmatch(r"(?:>\s)?([\d.]+)\s%", share)[1]) for share in shares]
    assert sum(values) == pytest.approx(100, abs=5)  # each is rounded
    assert values[classes.index(label)] == max(values)
    sure = page.locator("[data-ref=sure]").inner_text()
    assert re.search(r"% · (sure|fairly sure|unsure|guessing)$", sure)
    assert max(pixels(page, "[data-ref=seen]")) > 0
    assert page.locator(".dg-classify .dg-line:visible").count() == 0


# --- classify ----------------------------------------------------------------------------------


def test_an_example_is_classified_as_the_page_opens(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    assert page.locator("[data-ref=bars] li").count() == 10
    shares = page.locator("[data-ref=bars] .dg-number").all_inner_texts()
    assert all(re.fullmatch(r"[\d.]+\s%", share) for share in shares)
    assert max(pixels(page, "[data-ref=seen]")[::4]) > 200
    assert page.locator("[data-ref=all] li").count() == 3  # the models of this data set
    page.wait_for_selector("[data-ref=all] li.dg-agrees[aria-current]")
    assert "98.8 % of the MNIST test pictures" in page.locator("[data-ref=how]").inner_text()


def test_an_uploaded_photo_of_any_size_is_classified(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    before = pixels(page, "[data-ref=seen]")
    give(page, photo("dog"), "jpeg")
    seen = as_array(wait_for_change(page, "[data-ref=seen]", before))[..., :3].astype(int)
    # Upright: no other way round is it as near to the picture that was photographed.
    with Image.open(EXAMPLES / "cifar10" / "dog.webp") as image:
        shown = np.asarray(image.convert("RGB").resize((32, 32)))
    off = [np.abs(np.rot90(seen, quarters) - shown).mean() for quarters in range(4)]
    assert off[0] < min(off[1:]) / 2
    assert page.locator("[data-ref=line]").is_hidden()
    # The part that is used is marked on the picture.
    page.wait_for_selector("[data-ref=crop]")
    box = page.locator("[data-ref=crop]").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)


def test_an_unusable_file_is_told_in_a_line_and_nothing_is_lost(watched, url):
    page = watched().open(url)
    label = wait_for_label(page)
    before = pixels(page, "[data-ref=seen]")
    give(page, b"only words")
    page.wait_for_selector("[data-ref=line]:not([hidden])")
    assert "not a picture" in page.locator("[data-ref=line]").inner_text()
    assert page.locator("[data-ref=label]").inner_text() == label
    assert pixels(page, "[data-ref=seen]") == before
    assert page.locator("[data-ref=photo]").is_visible()
    # The next picture clears the line.
    page.locator(".dg-example").nth(3).click()
    page.wait_for_selector("[data-ref=line]", state="hidden")


def test_a_picture_that_another_data_set_cannot_use_is_told_without_the_old_answer(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    before = pixels(page, "[data-ref=seen]")
    give(page, Image.new("RGB", (64, 64), "grey"))
    wait_for_change(page, "[data-ref=seen]", before)
    page.locator(".dg-classify input[value=mnist]").check(force=True)
    page.wait_for_selector("[data-ref=line]:not([hidden])")
    assert "Nothing is drawn" in page.locator("[data-ref=line]").inner_text()
    assert page.locator("[data-ref=label]").inner_text() == "–"
    assert "".join(page.locator("[data-ref=bars] .dg-number").all_inner_texts()) == ""


def test_switching_the_model_classifies_again(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    before = page.locator("[data-ref=bars]").inner_text()
    page.locator(".dg-classify input[value=cnn-mnist]").check(force=True)
    page.wait_for_function(
        "text => document.querySelector('[data-ref=bars]').innerText !== text", arg=before
    )
    assert page.locator("[data-ref=says]").inner_text() == "What CNN says"


def test_no_answer_stands_under_the_title_of_another_question(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.evaluate(
        """() => {
          const fetch = window.fetch;
          window.fetch = async (...request) => {
            await new Promise((done) => setTimeout(done, 1500));
            return fetch(...request);
          };
        }"""
    )
    page.locator(".dg-classify input[value=cnn-mnist]").check(force=True)
    wait_for_label(page, "…")
    assert page.locator("[data-ref=says]").inner_text() == "What CNN says"
    assert "".join(page.locator("[data-ref=bars] .dg-number").all_inner_texts()) == ""
    wait_for_label(page)
    # Another data set has other classes: not for a moment is a digit told of its picture.
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    assert page.locator("[data-ref=label]").inner_text() == "…"
    wait_for_label(page, "[a-z]+")


def test_undo_and_clear(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    first = pixels(page, "[data-ref=seen]")
    page.locator(".dg-example").nth(1).click()
    wait_for_change(page, "[data-ref=seen]", first)
    page.locator(".dg-classify [data-ref=undo]").click()
    page.wait_for_function(
        "() => document.querySelector('.dg-example').getAttribute('aria-pressed') === 'true'"
    )
    for _ in range(100):
        if pixels(page, "[data-ref=seen]") == first:
            break
        page.wait_for_timeout(50)
    assert pixels(page, "[data-ref=seen]") == first
    page.get_by_role("button", name="Clear").click()
    assert page.locator("[data-ref=label]").inner_text() == "–"
    assert page.locator("[data-ref=invite]").is_visible()


def test_a_drawing_is_classified_while_it_is_drawn(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=draw]").check(force=True)
    before = pixels(page, "[data-ref=seen]")
    draw(page, (0.5, 0.25), (0.5, 0.75))
    seen = as_array(wait_for_change(page, "[data-ref=seen]", before))[..., 0]
    assert seen[:, 15:17].max() > 200  # the stroke stands upright in the middle, bright on black
    assert seen[:, :8].max() == 0
    wait_for_label(page)
    page.locator(".dg-classify [data-ref=undo]").click()
    assert page.locator("[data-ref=label]").inner_text() == "–"


def test_the_camera_is_classified_and_taken(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    before = pixels(page, "[data-ref=seen]")
    page.locator(".dg-classify input[value=camera]").check(force=True)
    wait_for_change(page, "[data-ref=seen]", before)
    page.get_by_role("button", name="Take this picture").click()
    page.wait_for_selector("[data-ref=photo]:not([hidden])")
    assert page.evaluate("document.querySelector('[data-ref=video]').srcObject") is None


def test_a_picture_can_be_pasted(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    before = pixels(page, "[data-ref=seen]")
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement('canvas'), {width: 90, height: 70});
          const pen = canvas.getContext('2d');
          pen.fillStyle = 'white'; pen.fillRect(0, 0, 90, 70);
          pen.fillStyle = 'black'; pen.fillRect(20, 30, 50, 8);
          const blob = await new Promise(done => canvas.toBlob(done));
          const data = new DataTransfer();
          data.items.add(new File([blob], 'pasted.png', {type: 'image/png'}));
          const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true});
          document.body.dispatchEvent(event);
        }"""
    )
    wait_for_change(page, "[data-ref=seen]", before)


# --- why ---------------------------------------------------------------------------------------

CLOTHES = "|".join(CLASS_NAMES["fashion_mnist"])


def wait_for_reasons(page) -> None:
    """Until every part that follows the bars has answered."""
    page.wait_for_function(
        """() => /\\S/.test(document.querySelector('[data-ref=tally]').textContent)
          && !document.querySelector('.dg-classify [aria-busy], .dg-classify[aria-busy]')"""
    )


def open_reasons(one, url: str, query: str = ""):
    """The page once it has told what DCGAN says of the first example of Fashion-MNIST, and why."""
    page = one.open(url, query=query)
    wait_for_label(page)
    page.locator(".dg-classify input[value=fashion_mnist]").check(force=True)
    page.locator(".dg-classify input[value=dcgan-fashion_mnist]").check(force=True)
    wait_for_label(page, CLOTHES)
    page.wait_for_selector("[data-ref=all] li:first-child.dg-agrees[aria-current]")
    wait_for_reasons(page)
    return page


@pytest.fixture
def why(watched, why_url):
    return open_reasons(watched(), why_url)


def test_all_ways_stand_side_by_side(why):
    label = why.locator("[data-ref=label]").inner_text()
    rows = [row.inner_text().split("\n") for row in why.locator("[data-ref=all] li").all()]
    assert [row[:2] for row in rows] == [
        ["DCGAN", "Class head"],
        ["DCGAN", "Linear machine on features"],
        ["DCGAN", "Bayes’ rule on features"],
        ["VAE", "Bayes’ rule"],
        ["IB-VAE", "Bayes’ rule"],
        ["CNN", "Classifier · yardstick"],
    ]
    said = [row[2] for row in rows]
    assert said[0] == label
    agree = why.locator("[data-ref=all] li.dg-agrees strong").all_inner_texts()
    assert agree == [one for one in said if one == label]
    tally = why.locator("[data-ref=tally]").inner_text()
    for one in set(said):
        num = said.count(one)
        assert re.search(rf"\b{num} (of 6 ways )?says? {one}\b|All 6 ways say {one}", tally)
    # Another way of the same model is another choice.
    why.locator(".dg-classify input[value=bayes-features]").check(force=True)
    why.wait_for_function(
        "() => document.querySelector('[data-ref=all] [aria-current]').innerText"
        ".includes('Bayes’ rule on features')"
    )
    wait_for_reasons(why)
    assert why.locator("[data-ref=label]").inner_text() == said[2]


def test_the_gauge_tells_how_strange_a_picture_is(why):
    assert why.locator("[data-ref=gaugeblock]").is_visible()
    verdict = why.locator("[data-ref=gaugeblock]").get_attribute("data-verdict")
    words = {"usual": "Like what", "unusual": "Unusual", "strange": "do not trust the answer"}
    assert words[verdict] in why.locator("[data-ref=gaugesays]").inner_text()
    assert "times as far" in why.locator("[data-ref=gauge]").get_attribute("aria-label")
    scale = why.locator("[data-ref=gauge]").bounding_box()
    pointer = why.locator("[data-ref=pointer]").bounding_box()
    share = (pointer["x"] + pointer["width"] / 2 - scale["x"]) / scale["width"]
    assert (share > 0.5) == (verdict == "strange")
    # No model of the digits can tell.
    why.locator(".dg-classify input[value=mnist]").check(force=True)
    wait_for_label(why)
    assert why.locator("[data-ref=gaugeblock]").is_hidden()
    assert "nothing else" in why.locator("[data-ref=truth]").inner_text()


def test_a_picture_of_none_of_the_classes_gets_an_answer_everywhere(why):
    chart = Image.new("RGB", (900, 600), "white")
    for i, height in enumerate((220, 480, 130, 390, 300)):
        chart.paste((40, 90 + 30 * i, 160), (90 + 150 * i, 560 - height, 190 + 150 * i, 560))
    before = pixels(why, "[data-ref=seen]")
    give(why, chart)
    wait_for_change(why, "[data-ref=seen]", before)
    wait_for_reasons(why)
    assert_readable(why, CLASS_NAMES["fashion_mnist"])
    assert why.locator("[data-ref=gaugesays]").inner_text() != ""
    assert why.locator("[data-ref=pointer]").is_visible()
    assert "–" not in why.locator("[data-ref=all] strong").all_inner_texts()
    for ref in ("heat", "changed"):
        assert any(pixels(why, f"[data-ref={ref}]"))


def test_a_heat_map_lies_over_the_picture_for_any_class(why):
    label = why.locator("[data-ref=label]").inner_text()
    title = why.locator("[data-ref=heattitle]")
    assert title.inner_text() == f"What speaks for {label}, and where"
    covered = pixels(why, "[data-ref=heat]")
    opacity = as_array(covered)[..., 3]
    assert opacity.max() > 150
    assert opacity.max() < 230  # the picture is still to be seen
    assert pixels(why, "[data-ref=heatbase]") == pixels(why, "[data-ref=seen]")

    why.locator(".dg-classify input[value=gradients]").check(force=True)
    graded = wait_for_change(why, "[data-ref=heat]", covered)
    assert "integrated gradients" in why.locator("[data-ref=heathow]").inner_text()
    # Another class, by the keyboard.
    pressed = why.locator("[data-ref=bars] [aria-pressed=true] .dg-name")
    assert pressed.all_inner_texts() == [label]
    other = next(name for name in CLASS_NAMES["fashion_mnist"] if name != label)
    why.locator("[data-ref=bars] button", has_text=re.compile(rf"^{other}\d")).focus()
    why.keyboard.press("Enter")
    wait_for_change(why, "[data-ref=heat]", graded)
    assert title.inner_text() == f"What speaks for {other}, and where"
    assert pressed.all_inner_texts() == [other]
    # The next picture is asked about what it is said to be.
    why.locator(".dg-example").nth(1).click()
    why.wait_for_function(
        "() => document.querySelector('.dg-example:nth-child(2)')"
        ".getAttribute('aria-pressed') === 'true'"
    )
    why.wait_for_function(
        "() => document.querySelector('[data-ref=heattitle]').textContent.includes("
        "document.querySelector('[data-ref=label]').textContent)"
    )

    # A VAE that draws 80 pictures an answer gives no heat map, and says why.
    why.locator(".dg-classify input[value=vae-fashion_mnist]").check(force=True)
    wait_for_reasons(why)
    assert why.locator("[data-ref=heatnone]").is_visible()
    assert why.locator("[data-ref=heat]").is_hidden()
    assert why.locator("[data-ref=bars] button:enabled").count() == 0
    assert pressed.count() == 0
    assert title.inner_text() == "What speaks for it, and where"


def test_the_picture_is_shown_as_each_class(why):
    cells = why.locator("[data-ref=each] li")
    assert cells.locator(".dg-name").all_inner_texts() == list(CLASS_NAMES["fashion_mnist"])
    shares = cells.locator(".dg-number").all_inner_texts()
    assert shares.count("best") == 1
    assert all(re.fullmatch(r"best|−[\d.]+ nats", share) for share in shares)
    best = why.locator("[data-ref=each] .dg-top")
    assert best.count() == 1
    assert "best" in best.inner_text()
    says = why.locator("[data-ref=all] li", has_text="IB-VAE").locator("strong").inner_text()
    assert best.locator(".dg-name").inner_text() == says
    for canvas in cells.locator("canvas").all():
        assert canvas.evaluate(
            "one => one.getContext('2d').getImageData(0, 0, 32, 32).data.some(v => v)"
        )
    assert "IB-VAE draws it" in why.locator("[data-ref=eachhow]").inner_text()
    # The chosen model speaks for itself where it can.
    before = pixels(why, "[data-ref=each] canvas")
    why.locator(".dg-classify input[value=vae-fashion_mnist]").check(force=True)
    wait_for_change(why, "[data-ref=each] canvas", before)
    assert "VAE draws it" in why.locator("[data-ref=eachhow]").inner_text()


def test_a_slider_leads_to_another_class(why):
    requests = []
    why.on("request", lambda request: requests.append(request.url))
    target = why.locator("[data-ref=target]")
    slider = why.locator("[data-ref=step]")
    names = why.locator("[data-ref=shares] .dg-name").all_inner_texts()
    assert target.input_value() == names[1]
    first = pixels(why, "[data-ref=changed]")
    slider.focus()
    why.keyboard.press("End")
    last = wait_for_change(why, "[data-ref=changed]", first)
    assert why.locator("[data-ref=shares] .dg-top .dg-name").all_inner_texts() == [names[1]]
    assert slider.get_attribute("aria-valuetext").startswith("Step 16: ")
    assert requests == []  # all pictures came at once
    words = why.locator("[data-ref=turns]").inner_text()
    turn = re.search(r"step (\d+),", words)
    assert (turn is None) == ("another class comes first" in words)
    assert why.locator(".dg-turning").count() == (turn is not None)

    options = target.locator("option").all_inner_texts()
    assert len(options) == 9
    assert names[0] not in options
    other = next(name for name in options if name != names[1])
    target.select_option(other)
    wait_for_change(why, "[data-ref=changed]", last)
    assert why.locator("[data-ref=shares] .dg-name").all_inner_texts() == [names[0], other]
    assert slider.input_value() == "0"


def test_a_part_that_fails_says_so_in_its_own_place(why):
    def fail(route):
        if (route.request.post_data_json or {}).get("fn_name") == "as_each_class":
            route.fulfill(json={"error": "Out of paint."})
        else:
            route.continue_()

    why.route(re.compile("component_server"), fail)
    why.locator(".dg-example").nth(2).click()
    why.wait_for_selector("[data-ref=eachline]:not([hidden])")
    assert why.locator("[data-ref=eachline]").inner_text() == "Out of paint."
    wait_for_reasons(why)
    for line in ("line", "allline", "gaugeline", "heatline", "changeline", "nearline"):
        assert why.locator(f".dg-classify [data-ref={line}]").is_hidden()
    why.unroute(re.compile("component_server"))
    why.locator(".dg-example").nth(1).click()
    why.wait_for_selector("[data-ref=eachline]", state="hidden")


def test_reasons_come_after_the_bars_and_only_for_the_newest_picture(why):
    asked = []

    def note(request):
        body = request.post_data_json if request.method == "POST" else None
        if isinstance(body, dict) and body.get("fn_name"):
            asked.append((body["fn_name"], body["data"].get("example")))

    first = why.locator(".dg-example[aria-pressed=true]").get_attribute("data-name")
    why.on("request", note)
    for number in (3, 4, 5):
        why.locator(".dg-example").nth(number).click()
        why.wait_for_timeout(60)
    why.wait_for_timeout(500)
    wait_for_reasons(why)
    newest = asked[-1][1]
    functions = ["compare", "strangeness", "heat", "as_each_class", "change", "nearest"]
    reasons = [(name, example) for name, example in asked if name != "classify"]
    assert [name for name, example in reasons if example == newest] == functions
    # The last of the picture that the page opened on may still be on its way; of those that were
    # passed over nothing was asked.
    assert {example for _, example in reasons} <= {first, newest}
    assert asked[-7] == ("classify", newest)


def test_the_nearest_training_pictures_are_shown_where_they_are_at_hand(watched, trust_url):
    one = watched()
    page = one.open(trust_url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=digits]").check(force=True)
    training = load("digits", "train")
    give(page, Image.fromarray(training.images[7, ..., 0]))
    said = wait_for_label(page)
    page.wait_for_selector("[data-ref=nearmet]:not(:empty)")
    met = page.locator("[data-ref=nearmet]")
    assert met.inner_text() == "It has met this very picture: it was trained on it."
    cells = page.locator("[data-ref=near] li")
    names = cells.locator(".dg-name").all_inner_texts()
    distances = cells.locator(".dg-number").all_inner_texts()
    assert names[0] == training.class_names[training.labels[7]]
    assert distances[0] == "0, this very one"
    assert sorted(map(float, distances[1:])) == list(map(float, distances[1:]))
    assert pixels(page, "[data-ref=near] canvas") == pixels(page, "[data-ref=seen]")
    alike = names.count(said)
    words = {0: f"DCGAN says {said}, but ", 8: "All 8 are of the class that DCGAN says: "}
    says = page.locator("[data-ref=nearsays]").inner_text()
    assert says.startswith(words.get(alike, f"{alike} of the 8 are of the class that DCGAN says"))
    assert page.locator("[data-ref=near] .dg-top").count() == alike

    # Those of the other data set are offered, and of a VAE the question is another model's.
    page.locator(".dg-classify input[value=mnist]").check(force=True)
    button = page.get_by_role("button", name="Download the training pictures")
    assert "(MNIST, about 10\u00a0MB, from its official site)" in button.inner_text()
    assert met.is_hidden()
    page.locator(".dg-classify input[value=digits]").check(force=True)
    page.locator(".dg-classify input[value=vae-digits]").check(force=True)
    page.wait_for_selector("[data-ref=nearmet]:not(:empty)")
    assert button.is_hidden()
    assert "DCGAN describes" in page.locator("[data-ref=nearhow]").inner_text()

    # And of the picture on the canvas: whether it is one of them by heart.
    one.show("Generate")
    page.locator(".dg-generate input[value=memory]").check(force=True)
    page.wait_for_selector(".dg-generate [data-ref=nearmet]:not(:empty)")
    assert "CNN describes" in page.locator(".dg-generate [data-ref=nearhow]").inner_text()
    says = page.locator(".dg-generate [data-ref=nearsays]").inner_text()
    assert re.search(r"the class that was asked for: 0|^0 was asked for, but", says)
    shown = pixels(page, "[data-ref=remembered]")
    assert shown == pixels(page, "[data-ref=picture]") != pixels(page, "[data-ref=seen]")


def test_it_is_told_how_far_the_training_pictures_are_read(watched, why_url):
    answers = [{"share": 0.356, "total": 60_000}, {"error": "The book is torn."}]

    def pretend(route):
        if (route.request.post_data_json or {}).get("fn_name") == "nearest":
            route.fulfill(json=answers[0])
        else:
            route.continue_()

    one = watched()
    one.page.route(re.compile("component_server"), pretend)
    page = open_reasons(one, why_url)
    told = page.locator("[data-ref=nearwait] > .dg-fetching")
    told.wait_for()
    assert told.inner_text() == "Reading the 60,000 training pictures once … 35 %"
    answers.pop(0)  # it asks again by itself
    page.wait_for_selector("[data-ref=nearline]:not([hidden])")
    assert page.locator("[data-ref=nearline]").inner_text() == "The book is torn."
    assert told.is_hidden()


def test_nothing_moves_when_reasons_arrive(why):
    places = """() => [...document.querySelectorAll('.dg-classify .dg-card, .dg-classify h3')]
      .filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().top)"""
    before = why.evaluate(places)
    why.get_by_role("button", name="Clear").click()
    assert why.locator("[data-ref=tally]").inner_text() == ""
    np.testing.assert_allclose(why.evaluate(places), before, atol=1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_classify_tab_is_legible_and_fits_a_phone(watched, why_url, theme):
    page = open_reasons(watched(width=390), why_url, f"?__theme={theme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = page.evaluate(FAINT, ".dg-classify")
    assert found["seen"] > 100
    assert found["faint"] == []


# --- generate ----------------------------------------------------------------------------------


def wait_for_picture(page) -> bytes:
    page.wait_for_selector("[data-ref=picture][data-shown]")
    page.wait_for_selector(".dg-tile")
    return pixels(page, "[data-ref=picture]")


def test_the_picture_follows_a_dragged_slider(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    slider = page.locator(".dg-sliders input").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=8)
    # While the button is still held.
    during = wait_for_change(page, "[data-ref=picture]", before)
    page.mouse.move(box["x"] + box["width"] - 2, y, steps=8)
    wait_for_change(page, "[data-ref=picture]", during)
    page.mouse.up()
    page.wait_for_function(
        "() => JSON.parse(document.querySelector('[data-ref=picture]').dataset.shown)"
        ".sliders[0] > 2.5"
    )
    # A double click sets it back, and the picture with it.
    slider.dblclick()
    page.wait_for_function(
        "() => JSON.parse(document.querySelector('[data-ref=picture]').dataset.shown)"
        ".sliders[0] === 0"
    )
    assert pixels(page, "[data-ref=picture]") == before


def test_seed_class_and_truncation_make_the_picture_and_undo_goes_back(watched, url):
    page = watched().open(url, "Generate")
    first = wait_for_picture(page)
    page.fill("[data-ref=seed]", "77")
    page.press("[data-ref=seed]", "Enter")
    second = wait_for_change(page, "[data-ref=picture]", first)
    page.locator(".dg-generate input[name][value='5']").check(force=True)
    third = wait_for_change(page, "[data-ref=picture]", second)
    page.locator("[data-ref=truncation]").focus()
    page.keyboard.press("Home")
    wait_for_change(page, "[data-ref=picture]", third)
    for expected in (third, second, first):
        now = pixels(page, "[data-ref=picture]")
        page.locator(".dg-live [data-ref=undo]").click()
        assert wait_for_change(page, "[data-ref=picture]", now) == expected
    # A seed that is none is not taken.
    page.fill("[data-ref=seed]", "")
    page.press("[data-ref=seed]", "Enter")
    assert page.input_value("[data-ref=seed]") == "1"


def test_a_sample_can_be_taken_up(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    assert page.locator(".dg-tile").count() == 60
    tile = page.get_by_role("button", name="7, seed 3", exact=True)
    tile_pixels = pixels(page, "[aria-label='7, seed 3'] canvas")
    tile.click()
    after = wait_for_change(page, "[data-ref=picture]", before)
    assert difference(after, tile_pixels) <= 1
    assert page.input_value("[data-ref=seed]") == "3"
    page.locator(".dg-generate input[value=one]").check(force=True)
    page.wait_for_function("() => document.querySelectorAll('.dg-tile').length === 48")


def shown(page) -> dict:
    """The setting that the picture on the canvas shows."""
    return json.loads(page.get_attribute("[data-ref=picture]", "data-shown"))


def wait_for_shown(page, condition: str) -> None:
    """Until it shows one that fulfils a condition on `s`."""
    page.wait_for_function(
        "() => [document.querySelector('[data-ref=picture]').dataset.shown]"
        f".map(JSON.parse).some((s) => {condition})"
    )


def test_a_link_that_cannot_be_followed_is_told_in_words(watched, url):
    page = watched().page
    page.goto(f"{url}/#generate?model=resnet&seed=3")
    wait_for_picture(page)
    line = page.locator("[data-ref=linkline]")
    assert "model “resnet” is not here" in line.inner_text()
    assert shown(page)["model"] == "dcgan-mnist"
    # Another link, followed as far as it goes.
    page.evaluate(
        "location.hash = 'generate?model=vae-mnist&class=seven&seed=-1&sliders=1,9&truncation=0.5'"
    )
    wait_for_shown(page, "s.model === 'vae-mnist' && s.truncation === 0.5")
    words = "class cannot be “seven”; seed cannot be “-1”; sliders cannot be “1,9”"
    assert words in line.inner_text()
    assert shown(page)["sliders"] == [0] * 8
    page.locator("[data-ref=surprise]").click()
    line.wait_for(state="hidden")


def test_a_picture_is_steered_walked_from_shared_and_found_again(
    watched, url, page_folder, tmp_path
):
    """The whole of the tab, as a visitor goes through it."""
    one = watched()
    page = one.open(url, "Generate")
    wait_for_picture(page)
    page.locator(".dg-generate input[value=vae-mnist]").check(force=True)
    wait_for_shown(page, "s.model === 'vae-mnist'")

    # Other directions; a slider that is named, moved by keys, and taken back and forth.
    page.locator(".dg-generate input[value=sefa]").check(force=True)
    page.locator(".dg-sliders:not([inert])").wait_for()
    page.locator(".dg-pencil").nth(1).click()
    page.keyboard.type("Slant")
    page.keyboard.press("Enter")
    before = pixels(page, "[data-ref=picture]")
    page.get_by_role("slider", name="Slant").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    wait_for_shown(page, "s.sliders[1] === 1")
    steered = wait_for_change(page, "[data-ref=picture]", before)
    page.keyboard.press("Control+z")
    wait_for_shown(page, "s.sliders[1] === 0.5")
    page.keyboard.press("Control+z")
    wait_for_shown(page, "s.sliders[1] === 0")
    assert pixels(page, "[data-ref=picture]") == before
    page.locator("[data-ref=redo]").click()
    page.keyboard.press("Control+Shift+z")
    wait_for_shown(page, "s.sliders[1] === 1")
    assert pixels(page, "[data-ref=picture]") == steered
    page.locator("[data-ref=rawfold] summary").click()
    page.get_by_role("slider", name="Coordinate 3 of z").focus()
    page.keyboard.press("PageUp")
    wait_for_shown(page, "s.offsets[2] > 0")
    edited = wait_for_change(page, "[data-ref=picture]", steered)

    # A walk from it to two others, which is played and saved.
    page.locator(".dg-generate input[value=walk]").check(force=True)
    page.get_by_role("button", name="7, seed 3", exact=True).click()
    page.get_by_role("button", name="2, seed 4", exact=True).click()
    page.wait_for_function("() => document.querySelector('[data-ref=walkstrip]').width === 33 * 32")
    assert difference(pixels(page, "[data-ref=walker]"), edited) <= 1
    page.locator("[data-ref=play]").click()
    wait_for_change(page, "[data-ref=walker]", pixels(page, "[data-ref=walker]"))
    page.locator("[data-ref=play]").click()
    for kind in ("gif", "webp"):
        with page.expect_download() as download:
            page.locator(f"[data-ref=save{kind}]").click()
        assert download.value.suggested_filename == f"vae-mnist-0-walk.{kind}"
        download.value.save_as(tmp_path / "film")
        with Image.open(tmp_path / "film") as film:
            assert (film.format, film.size) == (kind.upper(), (256, 256))
            assert film.n_frames > 10  # two alike in a row are one

    # A sum of three pictures, and a place on the map, are drawn on the canvas.
    page.locator(".dg-generate input[value=sums]").check(force=True)
    for box, name in (("A", "7, seed 3"), ("− B", "1, seed 3"), ("+ C", "3, seed 5")):
        page.get_by_role("radio", name=box, exact=True).check(force=True)
        page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_selector("[data-ref=sums][data-shown*='\"c\":[{']")
    page.locator("[data-ref=takesum]").click()
    wait_for_shown(page, "s.z && s.label === '3'")
    drawn = pixels(page, "[data-ref=picture]")
    assert difference(pixels(page, "[data-ref=sum]"), drawn) <= 1  # of a batch, and alone
    page.locator(".dg-generate input[value=mapcard]").check(force=True)
    page.wait_for_selector("[data-ref=map][data-shown=vae-mnist]")
    before = pixels(page, "[data-ref=mapped]")
    page.locator("[data-ref=map]").click(position={"x": 120, "y": 150})
    on_map = wait_for_change(page, "[data-ref=mapped]", before)
    assert on_map == pixels(page, "[data-ref=picture]")
    page.locator(".dg-live [data-ref=undo]").click()
    wait_for_shown(page, "s.label === '3'")

    # A picture of one's own is encoded, compared, and edited as another class.
    page.locator(".dg-generate input[value=own]").check(force=True)
    sheet = Image.new("RGB", (1200, 900), (236, 230, 214))
    ImageDraw.Draw(sheet).line([(440, 220), (760, 230), (560, 700)], (70, 70, 80), 34, "curve")
    before = page.get_attribute("[data-ref=picture]", "data-shown")
    give(page, sheet, tab=".dg-own")
    page.locator("[data-ref=placed]").wait_for()
    page.wait_for_function(
        "was => document.querySelector('[data-ref=picture]').dataset.shown !== was", arg=before
    )
    encoded = pixels(page, "[data-ref=picture]")
    assert difference(encoded, pixels(page, "[data-ref=reconstruction]")) == 0
    assert pixels(page, "[data-ref=before]") == pixels(page, "[data-ref=given]") != encoded
    assert re.search(r"off by [\d.]+\s%", page.locator("[data-ref=off]").inner_text())
    page.get_by_role("slider", name="How much of your picture").focus()
    page.keyboard.press("End")
    assert page.locator("[data-ref=before]").is_visible()
    page.locator(".dg-live-picture").scroll_into_view_if_needed()
    page.locator(".dg-generate input[name][value='5']").check(force=True)
    wait_for_shown(page, "s.label === '5'")
    page.get_by_role("slider", name="Slant").focus()
    page.keyboard.press("Shift+ArrowLeft")
    wait_for_shown(page, "s.sliders[1] === -0.5")
    edited = wait_for_change(page, "[data-ref=picture]", encoded)

    # The program that is shown draws these pixels, and so does the link in another window.
    page.locator("[data-ref=copypython]").click()
    page.wait_for_selector("[data-ref=program]:not([hidden])")
    asked = shown(page)
    (picture,) = drawn_by([page.locator("[data-ref=program]").inner_text()], page_folder)
    np.testing.assert_array_equal(picture, as_array(edited)[..., 0])
    other = one.context.new_page()
    other.goto(page.evaluate("location.href"))
    wait_for_picture(other)
    wait_for_shown(other, "s.sliders[1] === -0.5")
    assert shown(other) == asked
    assert pixels(other, "[data-ref=picture]") == pixels(page, "[data-ref=picture]") == edited
    other.get_by_role("slider", name="Slant").wait_for()


def test_a_picture_is_looked_for_until_it_is_near_enough(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    page.locator(".dg-generate input[value=own]").check(force=True)
    page.locator(".dg-own .dg-example").nth(3).click()
    page.get_by_role("button", name="Look for it").click()
    page.locator(".dg-own .dg-fetching").wait_for()
    page.locator("[data-ref=result]").wait_for()  # the first guess
    page.get_by_role("button", name="Stop here").click()
    page.locator("[data-ref=placed]").wait_for()
    assert wait_for_change(page, "[data-ref=picture]", before) == pixels(
        page, "[data-ref=reconstruction]"
    )
    assert page.locator(".dg-own .dg-fetching").is_hidden()
    # One undo, and the canvas is as it was.
    page.locator(".dg-live [data-ref=undo]").click()
    wait_for_shown(page, "s.z === null && s.seed === 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_generate_tab_is_legible_and_fits_a_phone(watched, url, theme):
    page = watched(width=390).open(url, "Generate", f"?__theme={theme}")
    wait_for_picture(page)
    page.locator("[data-ref=copypython]").click()
    page.locator("[data-ref=rawfold] summary").click()
    for section in ("many", "walk", "mapcard", "own", "sums", "memory"):
        page.locator(f".dg-generate input[value={section}]").check(force=True)
        page.locator(f".dg-generate [data-ref={section}]").wait_for()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, section
        found = page.evaluate(FAINT, ".dg-generate")
        assert found["seen"] > 60
        assert found["faint"] == [], section


@pytest.mark.parametrize(
    "ref, name, size",
    [
        ("save", "dcgan-mnist-0-seed-1.png", (512, 512)),
        ("savesheet", "dcgan-mnist-0-all-samples.png", (768, 1280)),
    ],
)
def test_pictures_are_saved_as_png(watched, url, tmp_path, ref, name, size):
    page = watched().open(url, "Generate")
    wait_for_picture(page)
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.locator(f"[data-ref={ref}]").click()
    assert download.value.suggested_filename == name
    download.value.save_as(tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert (image.format, image.size) == ("PNG", size)


def test_the_choice_of_data_set_goes_with_the_visitor(watched, url):
    one = watched()
    page = one.open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    one.show("Generate")
    page.wait_for_selector(".dg-generate input[value=cifar10]:checked", state="attached")


# --- compare -----------------------------------------------------------------------------------

FASHION = "-fashion_mnist"


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


def asked(page) -> set[tuple]:
    """(class, seed) of what the columns show."""
    columns(page)
    shown = page.locator(".dg-models .dg-model").evaluate_all(
        "models => models.map(model => JSON.parse(model.dataset.shown))"
    )
    return {(one["label"], one["seed"]) for one in shown}


def switch(page, recipe: str, on: bool = True) -> None:
    box = page.locator(f".dg-compare .dg-run input[value={recipe}{FASHION}]")
    box.set_checked(on, force=True)


def table(page) -> list[str]:
    """The recipes of the table, from above."""
    names = page.locator(".dg-results tbody tr").evaluate_all(
        "rows => rows.map(row => row.dataset.model)"
    )
    return [name.removesuffix(FASHION) for name in names]


def test_models_stand_side_by_side_in_the_order_of_history(watched, many_url):
    page = watched().open(many_url, "Compare")
    assert columns(page) == ["gan", "dcgan", "wgan-gp", "vae"]
    assert asked(page) == {(None, 1)}
    tops = page.locator(".dg-drawn canvas").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().top)"
    )
    assert max(tops) - min(tops) < 1  # pictures stand level
    first = page.locator("[data-model=gan-fashion_mnist].dg-model")
    assert "Goodfellow et al. 2014" in first.inner_text()
    assert "Look for specks" in first.inner_text()
    figures = first.locator(".dg-figures dd").all_inner_texts()
    assert figures == ["–", "71.0\u00a0%", "–", "25"]
    # The names of the classes stand beside their rows.
    row = page.locator(".dg-rowheads li").nth(8).bounding_box()
    sheet = page.locator(".dg-drawn canvas").first.bounding_box()
    middle = row["y"] + row["height"] / 2 - sheet["y"]
    assert middle == pytest.approx(sheet["height"] * 8.5 / 10, abs=3)


def test_the_columns_show_what_the_api_draws(watched, many_url):
    from gradio_client import Client

    page = watched().open(many_url, "Compare")
    page.fill(".dg-compare [data-ref=seed]", "41")
    page.press(".dg-compare [data-ref=seed]", "Enter")
    page.locator(".dg-compare input[value=Bag]").check(force=True)
    names = [f"{recipe}{FASHION}" for recipe in columns(page)]
    assert asked(page) == {("Bag", 41)}
    client = Client(many_url, verbose=False)
    drawn = client.predict(names, "Bag", 41, api_name="/compare")
    assert [sheet["caption"] for sheet in drawn] == names
    seen = set()
    for name, sheet in zip(names, drawn, strict=True):
        with Image.open(sheet["image"]) as image:
            assert image.size == (192, 256)  # 48 pictures
            expected = image.convert("RGBA").tobytes()
        assert difference(pixels(page, f"[data-model={name}] canvas"), expected) <= 1
        seen.add(expected)
    assert len(seen) == len(names)
    with pytest.raises(Exception, match="list of 1 to 4"):
        client.predict([*names, names[0]], "Bag", 41, api_name="/compare")


def test_a_fifth_model_takes_the_place_of_the_first(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    said = page.locator("[data-ref=said]")
    assert said.is_hidden()
    switch(page, "improved-gan")
    assert columns(page) == ["gan", "improved-gan", "wgan-gp", "vae"]  # DCGAN was chosen first
    assert said.inner_text() == "Only 4 fit side by side: DCGAN made room for Improved GAN."
    assert not page.locator(".dg-compare .dg-run input[value=dcgan-fashion_mnist]").is_checked()
    switch(page, "gan", on=False)
    assert columns(page) == ["improved-gan", "wgan-gp", "vae"]
    assert said.is_hidden()
    for recipe in ("improved-gan", "wgan-gp", "vae"):
        switch(page, recipe, on=False)
    assert page.locator(".dg-models .dg-model").count() == 0
    assert page.locator(".dg-compare [data-ref=caption]").inner_text() == "Choose a model above."


def test_no_column_keeps_a_picture_of_an_older_request(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    before = pixels(page, "[data-model=vae-fashion_mnist] canvas")
    for seed in range(50, 60):  # faster than they are drawn
        page.fill(".dg-compare [data-ref=seed]", str(seed))
        page.press(".dg-compare [data-ref=seed]", "Enter")
    assert asked(page) == {(None, 59)}
    page.fill(".dg-compare [data-ref=seed]", "1")
    page.press(".dg-compare [data-ref=seed]", "Enter")
    assert asked(page) == {(None, 1)}
    assert pixels(page, "[data-model=vae-fashion_mnist] canvas") == before


def test_what_goes_wrong_is_told_in_its_own_column(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)

    def fail_for_the_vae(route):
        body = route.request.post_data_json or {}
        request = body.get("data") or {}
        if body.get("fn_name") == "samples" and request.get("model") == f"vae{FASHION}":
            route.fulfill(json={"error": "Out of paint."})
        else:
            route.continue_()

    page.route(re.compile("component_server"), fail_for_the_vae)
    page.locator(".dg-compare input[value=Coat]").check(force=True)
    columns(page)
    failed = page.locator("[data-model=vae-fashion_mnist].dg-model")
    assert failed.locator(".dg-line").inner_text() == "Out of paint."
    assert failed.locator("canvas").is_hidden()  # its old picture is of another class
    for recipe in ("gan", "dcgan", "wgan-gp"):
        column = page.locator(f"[data-model={recipe}{FASHION}].dg-model")
        assert json.loads(column.get_attribute("data-shown"))["label"] == "Coat"
        assert column.locator(".dg-line").is_hidden()
    page.unroute(re.compile("component_server"))
    page.locator(".dg-compare input[value=Bag]").check(force=True)
    assert asked(page) == {("Bag", 1)}
    assert failed.locator(".dg-line").is_hidden()
    assert failed.locator("canvas").is_visible()


def test_a_model_without_classes_says_so(watched, many_url):
    one = watched()
    page = one.open(many_url, "Compare")
    switch(page, "improved-gan")
    columns(page)
    free = page.locator("[data-model=improved-gan-fashion_mnist].dg-model")
    assert "Draws no class of your choice: these are seeds 1 to 60" in free.inner_text()
    other = page.locator("[data-model=gan-fashion_mnist].dg-model")
    assert "no class of your choice" not in other.inner_text()

    one.show("Generate")
    page.locator(".dg-generate input[value=improved-gan-fashion_mnist]").check(force=True)
    page.wait_for_function("() => document.querySelectorAll('.dg-tile').length === 60")
    assert page.locator(".dg-generate input[value=Bag]").is_disabled()
    assert "cannot be asked for a class" in page.locator(".dg-generate").inner_text()
    before = wait_for_picture(page)
    page.get_by_role("button", name="seed 9", exact=True).click()
    wait_for_change(page, "[data-ref=picture]", before)
    page.locator(".dg-generate input[value=dcgan-fashion_mnist]").check(force=True)
    page.wait_for_function(
        "() => !document.querySelector('.dg-generate input[value=Bag]').disabled"
    )
    assert "cannot be asked for a class" not in page.locator(".dg-generate").inner_text()


def test_no_class_stands_beside_pictures_of_whatever_class(watched, many_url):
    one = watched(width=390)
    page = one.open(many_url, "Compare")
    for recipe in ("dcgan", "wgan-gp", "vae"):
        switch(page, recipe, on=False)
    switch(page, "wgan")
    assert columns(page) == ["gan", "wgan"]
    assert page.locator(".dg-rowheads li").count() == 10
    switch(page, "gan", on=False)
    assert columns(page) == ["wgan"]
    assert page.locator(".dg-rowheads").count() == 0
    caption = page.locator(".dg-compare [data-ref=caption]").inner_text()
    assert caption.startswith("Pictures of whatever class, of the seeds from 1 on")

    one.show("Curves")
    page.select_option("[data-ref=sampled]", f"dcgan{FASHION}")
    heads = page.locator(".dg-columnheads span")
    assert heads.all_inner_texts() == list(CLASS_NAMES["fashion_mnist"])
    assert "A column is a class" in page.locator(".dg-curves .dg-aside").inner_text()
    # Each name is there whole, above its own column.
    boxes = [head.bounding_box() for head in heads.all()]
    assert all(a["x"] + a["width"] <= b["x"] for a, b in pairwise(boxes))
    assert heads.evaluate_all("all => all.every(one => one.scrollHeight <= one.clientHeight)")
    page.select_option("[data-ref=sampled]", f"wgan{FASHION}")
    assert heads.count() == 0
    assert "asked for no class" in page.locator(".dg-curves .dg-aside").inner_text()


def test_a_data_set_with_one_model_says_how_to_get_another(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    few = page.locator("[data-ref=few]")
    assert few.is_hidden()
    page.locator(".dg-compare input[value=cifar10]").check(force=True)
    assert columns(page) == ["dcgan-cifar10"]
    assert "python -m dgm.train vae --dataset cifar10" in few.inner_text()
    assert "has been measured yet" in page.locator("[data-ref=tablenote]").inner_text()
    assert page.locator(".dg-results").is_hidden()
    # Back again, with as many models as are to be compared.
    page.locator(".dg-compare input[value=fashion_mnist]").check(force=True)
    assert columns(page) == ["dcgan", "vae"]
    assert few.is_hidden()


def test_the_table_is_sorted_by_its_heads(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    history = ["gan", "gan-ns", "dcgan", "improved-gan", "wgan", "wgan-gp", "vae", "cnn"]
    assert table(page) == history

    def press(head):
        page.locator(".dg-results").get_by_role("button", name=head).click()

    def order():
        return {
            head.inner_text().strip(): head.get_attribute("aria-sort")
            for head in page.locator(".dg-results th[aria-sort]").all()
        }

    # Its best first: of a distance the lowest. What was not measured is last either way.
    press("FD-dgm")
    measured = ["gan-ns", "wgan-gp", "dcgan", "gan", "vae"]
    assert table(page) == [*measured, "improved-gan", "wgan", "cnn"]
    assert order() == {"FD-dgm": "ascending"}
    press("FD-dgm")
    assert table(page) == [*measured[::-1], "improved-gan", "wgan", "cnn"]
    assert order() == {"FD-dgm": "descending"}
    press("Accuracy")
    assert table(page)[:4] == ["cnn", "dcgan", "improved-gan", "vae"]
    assert order() == {"Accuracy": "descending"}
    # By the keyboard, and the focus stays where it was.
    page.locator(".dg-results").get_by_role("button", name="System").focus()
    page.keyboard.press("Enter")
    assert table(page) == history
    page.keyboard.press("Enter")
    assert table(page) == history[::-1]
    page.keyboard.press("Enter")

    best = page.locator(".dg-best").evaluate_all(
        "cells => cells.map(cell => [cell.closest('tr').dataset.model, cell.cellIndex])"
    )
    expected = {("cnn", 1), ("dcgan", 2), ("gan-ns", 4), ("wgan-gp", 7)}  # one KID-dgm is no best
    assert {(name.removesuffix(FASHION), i) for name, i in best} == expected
    cells = page.locator("tr[data-model=dcgan-fashion_mnist] td").all_inner_texts()
    assert cells[:4] == ["92.0\u00a0%", "99.0\u00a0%\n(best)", "–", "12"]
    legend = page.locator("[data-ref=legend]").inner_text()
    for head in page.locator(".dg-results thead button").all():
        assert head.inner_text().strip() in legend
        assert head.get_attribute("title") in legend
    assert "Of real test pictures it reads 92.4\u00a0% right." in legend


def test_presets_show_a_failure_where_its_models_are(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    offered = page.locator("[data-ref=presets] button").all_inner_texts()
    assert offered == [
        "Mode collapse",
        "Vanishing gradient",
        "Blur",
        "A loss that means something",
        "Clipping starves the critic",
        "Right class, but how varied?",
        "Few labels",
    ]
    # From a data set that lacks the models, to the one that has them.
    page.locator(".dg-compare input[value=cifar10]").check(force=True)
    columns(page)
    page.get_by_role("button", name="A loss that means something").click()
    assert columns(page) == ["dcgan", "wgan-gp"]
    assert page.locator(".dg-compare input[value=fashion_mnist]").is_checked()
    page.wait_for_function(
        "() => document.querySelector('.dg-compare [data-ref=metric]').value"
        " === 'critic/difference'"
    )
    said = page.locator("[data-ref=said]")
    assert "its curve falls" in said.inner_text()
    pressed = page.locator("[data-ref=presets] [aria-pressed=true]")
    assert pressed.all_inner_texts() == ["A loss that means something"]
    page.get_by_role("button", name="Mode collapse").click()
    assert columns(page) == ["gan", "wgan"]
    assert asked(page) == {("Bag", 1)}
    assert pressed.all_inner_texts() == ["Mode collapse"]
    # A choice of one's own ends it.
    switch(page, "dcgan")
    assert columns(page) == ["gan", "dcgan", "wgan"]
    assert pressed.count() == 0
    assert said.is_hidden()


def test_a_preset_chooses_its_curve_while_others_are_still_loading(watched, many_url):
    one = watched()
    held = []

    def hold_the_first(route):
        if (route.request.post_data_json or {}).get("fn_name") == "curves" and not held:
            held.append(route)
        else:
            route.continue_()

    one.page.route(re.compile("component_server"), hold_the_first)
    page = one.open(many_url, "Compare")
    columns(page)
    page.get_by_role("button", name="Vanishing gradient").click()
    columns(page)
    held[0].continue_()  # the curves of the models before, of which none records this metric
    page.wait_for_function(
        "() => document.querySelector('.dg-compare [data-ref=metric]').value === 'probability/fake'"
    )


def test_presets_without_their_models_are_not_offered(watched, url):
    page = watched().open(url, "Compare")
    page.wait_for_selector(".dg-model[data-shown]")
    offered = page.locator("[data-ref=presets] button").all_inner_texts()
    assert offered == ["Blur", "Right class, but how varied?"]


def test_the_curves_are_those_of_the_columns(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    curves = page.locator(".dg-compare .dg-smoothed")
    page.wait_for_function("() => document.querySelectorAll('.dg-compare .dg-smoothed').length")
    options = page.locator(".dg-compare [data-ref=metric] option")
    assert options.all_inner_texts() == [
        "Discriminator loss",
        "Generator loss",
        "Critic: real less drawn",
    ]
    page.select_option(".dg-compare [data-ref=metric]", "loss/generator")
    assert curves.count() == 4
    drawn = curves.evaluate_all("all => all.map(one => getComputedStyle(one).stroke)")
    heads = page.locator(".dg-model header").evaluate_all(
        "all => all.map(one => getComputedStyle(one).borderTopColor)"
    )
    assert drawn == heads
    assert len(set(drawn)) == 4
    page.select_option(".dg-compare [data-ref=metric]", "critic/difference")
    assert curves.count() == 1
    meaning = page.locator(".dg-compare [data-ref=meaning]")
    assert "Wasserstein distance" in meaning.inner_text()
    assert "Not recorded by GAN, DCGAN, VAE." in meaning.inner_text()
    page.select_option(".dg-compare [data-ref=against]", "images")
    assert "images" in page.locator(".dg-compare .dg-chart").get_attribute("aria-label")
    # What only one of them has goes with it.
    switch(page, "wgan-gp", on=False)
    page.wait_for_function(
        "() => document.querySelectorAll('.dg-compare [data-ref=metric] option').length === 2"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_compare_tab_is_legible_and_fits_a_phone(watched, many_url, theme):
    page = watched(width=390).open(many_url, "Compare", f"?__theme={theme}")
    switch(page, "improved-gan")
    columns(page)
    page.get_by_role("button", name="Few labels").click()
    columns(page)
    page.wait_for_selector(".dg-compare .dg-smoothed")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Two models in sight; what is more is reached by pushing them aside, in a box of its own.
    box = page.locator(".dg-compare .dg-scroll").first.bounding_box()
    seen = page.locator(".dg-drawn canvas").nth(1).bounding_box()
    assert seen["x"] < box["x"] + box["width"] - 60
    found = page.evaluate(FAINT, ".dg-compare")
    assert found["seen"] > 100
    assert found["faint"] == []


# --- trust -------------------------------------------------------------------------------------


def open_trust(one, trust_url: str, dataset: str = "digits", query: str = ""):
    """The page once it shows all of what was measured on a data set."""
    page = one.open(trust_url, "Trust", query)
    page.wait_for_selector(".dg-matrix td")
    if dataset != "digits":
        page.locator(f".dg-trust input[value={dataset}]").check(force=True)
        page.wait_for_selector(".dg-levels[data-shown]")
    return page


def test_trust_sets_confidence_against_accuracy(watched, trust_url):
    page = open_trust(watched(), trust_url)
    # The data set of the most systems, and the yardstick among the ways.
    assert page.locator(".dg-trust input[value=digits]").is_checked()
    ways = page.locator(".dg-trust .dg-run input:checked").evaluate_all(
        "all => all.map(one => one.value)"
    )
    assert ways == ["dcgan-digits head", "vae-digits bayes", "cnn-digits cnn"]
    assert page.locator("[data-ref=reliability] .dg-smoothed").count() == 2
    assert page.locator("[data-ref=reliability] .dg-marker").count() == 1  # the diagonal
    assert page.locator(".dg-fall").count() == 2
    # Made up: as sure as 0.5 to 0.99, and right three times in four.
    first = page.locator("[data-ref=errors] li").first.inner_text()
    assert "74.5\u00a0% sure on average, 75.0\u00a0% right: too modest by 0.5 points" in first
    assert "no temperature was fitted" in first
    missing = page.locator("[data-ref=surenone]").inner_text()
    assert "Not measured yet: VAE · Bayes’ rule." in missing
    assert "dgm.evaluate checkpoints/vae-digits" in missing
    page.locator("[data-ref=suredetails] summary").click()
    assert page.locator("[data-ref=suretable] tbody tr").count() == 8  # bins from 0.5 up
    page.locator("[data-ref=reliability] .dg-chart").focus()
    page.keyboard.press("End")
    tip = page.locator("[data-ref=reliability] .dg-tip").inner_text()
    assert "% sure" in tip
    assert re.search(r"\d+ % of \d+", tip)
    # A way that is switched off goes from every picture.
    page.locator(".dg-trust .dg-run input[value='cnn-digits cnn']").uncheck(force=True)
    assert page.locator("[data-ref=reliability] .dg-smoothed").count() == 1
    assert page.locator("[data-ref=robustness] .dg-smoothed").count() == 2


def test_tabs_of_several_models_open_where_there_are_most(watched, trust_url):
    one = watched()
    page = one.open(trust_url, "Compare")  # by way of Classify, which opens on the first data set
    assert page.locator(".dg-classify input[value=mnist]").is_checked()
    page.wait_for_selector(".dg-compare input[value=digits]:checked")
    # What is chosen in one of them goes with the visitor.
    page.locator(".dg-compare input[value=mnist]").check(force=True)
    one.show("Trust")
    page.wait_for_selector(".dg-trust input[value=mnist]:checked")


def test_a_cell_of_the_matrix_shows_its_pictures(watched, trust_url):
    page = open_trust(watched(), trust_url)
    tiles = page.locator(".dg-mistakes li")
    title = page.locator("[data-ref=celltitle]")
    assert page.locator(".dg-matrix td").count() == 100

    def shown(words: str) -> list[int]:
        page.wait_for_function(
            """words => document.querySelector('[data-ref=celltitle]').textContent.includes(words)
              && !document.querySelector('[data-ref=cell][aria-busy]')""",
            arg=words,
        )
        return [int(one.split("\u00a0")[0]) for one in tiles.locator("span").all_inner_texts()]

    # It opens on the commonest mistake; the surest come first.
    opened = page.locator(".dg-matrix [aria-selected]")
    number = int(opened.inner_text())
    percents = shown("taken for")
    assert len(percents) == number
    assert percents == sorted(percents, reverse=True)
    first = page.locator(".dg-mistakes canvas").first
    assert first.evaluate(
        "one => one.getContext('2d').getImageData(0, 0, 32, 32).data.some((v, i) => i % 4 < 3 && v)"
    )
    # By the keyboard: one cell takes the focus, arrows go on, Enter opens.
    assert page.locator(".dg-matrix td[tabindex='0']").count() == 1
    page.locator(".dg-matrix td[tabindex='0']").focus()
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.ariaLabel").startswith("0: ")
    page.keyboard.press("Enter")
    percents = shown("0: ")
    assert "read right" in title.inner_text()
    assert percents == sorted(percents)  # of what is right, those that it was least sure of
    assert page.locator(".dg-matrix td[tabindex='0']").count() == 1
    # There are more than fit.
    assert page.locator("[data-ref=page]").inner_text() == "Page 1 of 2"
    assert page.locator("[data-ref=before]").is_disabled()
    page.locator("[data-ref=after]").click()
    page.wait_for_function("() => document.querySelectorAll('.dg-mistakes li').length < 24")
    assert page.locator("[data-ref=page]").inner_text() == "Page 2 of 2"
    assert page.locator("[data-ref=after]").is_disabled()
    # A cell of no picture, by a click.
    page.locator(".dg-matrix td[data-row='0'][data-column='5']").click()
    assert shown("0, taken for 5: 0 of") == []
    assert "no such picture" in page.locator("[data-ref=cellnote]").inner_text()


def test_test_pictures_that_are_not_there_are_offered(watched, trust_url):
    page = open_trust(watched(), trust_url, "mnist")
    # Of this model the answers were not kept.
    page.select_option("[data-ref=judged]", "dcgan-mnist head")
    assert "was not kept" in page.locator("[data-ref=cellnote]").inner_text()
    assert page.locator(".dg-matrix.dg-closed").count() == 1
    assert page.locator(".dg-trust .dg-fetch").is_hidden()
    page.select_option("[data-ref=judged]", "cnn-mnist cnn")
    button = page.get_by_role("button", name="Download the test pictures")
    assert "(MNIST, about 2\u00a0MB, from its official site)" in button.inner_text()
    button.click()  # without a network
    page.wait_for_selector(".dg-trust .dg-supply .dg-line:not([hidden])")
    words = page.locator(".dg-trust .dg-supply .dg-line").inner_text()
    assert words.startswith("The download failed: could not download")
    assert "http" not in words
    page.locator(".dg-trust .dg-supply summary").click()
    assert "t10k-images-idx3-ubyte.gz: " in page.locator(".dg-trust .dg-supply pre").inner_text()
    assert button.is_visible()

    # With one.
    supply = {"is_there": False, "bytes": 1_653_419, "share": 0.25, "failure": ""}
    states = [supply, supply | {"share": 0.5}, supply | {"is_there": True, "share": None}]
    sheet = page.evaluate(PICTURE, ".dg-levels canvas")

    def pretend(route):
        name = (route.request.post_data_json or {}).get("fn_name")
        if name == "pictures":
            route.fulfill(json=states.pop(0))
        elif name == "mistakes":
            page_of = {"sheet": sheet, "columns": 6, "percents": [97], "total": 1, "a_page": 24}
            route.fulfill(json=page_of)
        else:
            route.continue_()

    page.route(re.compile("component_server"), pretend)
    button.click()
    page.wait_for_function(
        "() => document.querySelector('.dg-trust .dg-fetching').textContent.startsWith('50 %')"
    )
    assert page.locator(".dg-trust .dg-supply .dg-line").is_hidden()
    page.wait_for_selector(".dg-mistakes li")
    assert page.locator(".dg-trust .dg-supply").is_hidden()
    assert states == []


def test_what_puts_a_model_off_can_be_chosen(watched, trust_url):
    page = open_trust(watched(), trust_url)
    assert "no example picture of Digits" in page.locator("[data-ref=shownnote]").inner_text()
    lines = page.locator("[data-ref=robustness] .dg-smoothed")
    table = page.locator("[data-ref=harmtable]")
    assert lines.count() == 3
    assert table.locator("thead th").all_inner_texts() == [
        "Noise",
        *(f"{level}\u00a0%" for level in (0, 5, 10, 20)),
    ]
    row = table.locator("tbody tr").first.locator("td").all_inner_texts()
    assert row == [f"{share}\u00a0%" for share in ("75.0", "65.0", "60.0", "55.0")]
    note = page.locator("[data-ref=harmnote]")
    assert "first 360 test pictures" in note.inner_text()
    assert "up to 5 points off" in note.inner_text()  # 196 / 2 / sqrt(360)
    assert "accuracy on all test pictures" in note.inner_text()

    drawn = lines.first.get_attribute("d")
    page.locator(".dg-trust input[value=fgsm]").check(force=True)
    assert lines.first.get_attribute("d") != drawn
    assert lines.count() == 2
    assert "VAE · Bayes’ rule: not attacked" in page.locator("[data-ref=harmnone]").inner_text()
    assert table.locator("tbody tr").first.locator("td").first.inner_text() == "76.0\u00a0%"
    assert "first 250 test pictures" in note.inner_text()
    assert "accuracy on all" not in note.inner_text()
    page.locator(".dg-trust input[value=pgd]").check(force=True)
    assert "Not measured yet" in page.locator("[data-ref=harmnone]").inner_text()
    assert page.locator("[data-ref=robustness]").is_hidden()

    # Of MNIST the page has pictures to be harmed.
    page.locator(".dg-trust input[value=noise]").check(force=True)
    page.locator(".dg-trust input[value=mnist]").check(force=True)
    page.wait_for_selector(".dg-levels[data-shown*='noise']")
    assert page.locator(".dg-levels li").count() == 4
    first = pixels(page, ".dg-levels canvas")
    last = pixels(page, ".dg-levels li:last-child canvas")
    assert difference(first, last) > 60
    page.get_by_role("button", name="Another picture").click()
    wait_for_change(page, ".dg-levels canvas", first)


def test_it_is_told_which_score_finds_strange_pictures(watched, trust_url):
    page = open_trust(watched(), trust_url)
    missing = page.locator("[data-ref=knowsnone]").inner_text()
    assert missing.startswith("Not measured yet: CNN")
    assert "dgm.evaluate checkpoints/cnn-digits --metrics strangeness --write" in missing
    dcgan, vae = page.locator(".dg-knowing").all()
    assert "Of 100 test pictures of its own kind, 95 lie under its mark" in dcgan.inner_text()
    assert "ships no mark" in vae.inner_text()
    assert dcgan.locator("h4").all_inner_texts() == ["MNISTHandwritten digits", "Noise"]
    lanes = [lane.inner_text().split("\n") for lane in page.locator(".dg-lane").all()]
    assert lanes == [
        *(["Distance", "0.90"], ["Doubt", "0.70"], ["Distance", "0.99"], ["Doubt", "0.40"]),
        *(["Unlikeliness", "0.07"], ["Regret", "0.80"]),
        *(["Unlikeliness", "1.00"], ["Regret", "0.97"]),
    ]
    # A bar leaves the middle for the side that its share is on.
    for lane, (_, share) in zip(page.locator(".dg-lane").all(), lanes, strict=True):
        track, bar = lane.locator(".dg-coin").bounding_box(), lane.locator("i").bounding_box()
        ends = [(bar["x"] + width - track["x"]) / track["width"] for width in (0, bar["width"])]
        assert sorted([0.5, float(share)]) == pytest.approx(ends, abs=0.01)
    assert page.locator(".dg-misled").count() == 2

    # What is said follows from the figures.
    first, second, general = page.locator("[data-ref=lessons] li").all_inner_texts()
    assert "Distance serves best: of 100 pairs it gets 89 or more right" in first
    assert "Doubt holds the strange picture for the more familiar one in 60 of 100" in first
    assert "pictures of Noise." in first
    assert "Regret serves best: of 100 pairs it gets 80 or more right" in second
    assert "MORE likely than one of Digits 8×8, its own kind, in 93 of 100 pairs" in second
    assert "Likely is not the same as familiar" in general
    scores = page.locator("[data-ref=scores] dt").all_inner_texts()
    assert scores == ["Distance", "Doubt", "Unlikeliness", "Regret"]
    page.locator("[data-ref=knows] summary").click()
    table = page.locator("[data-ref=knowstable] tbody tr")
    assert table.nth(0).inner_text().split("\t") == [
        *("DCGAN · Distance", "0.8961", "0.9900", "0.9490")
    ]
    assert table.nth(2).inner_text().split("\t") == [
        *("VAE · Unlikeliness", "0.0700", "1.0000", "–")
    ]
    # Without the VAE there is no likelihood to be misled.
    page.locator(".dg-trust .dg-run input[value='vae-digits bayes']").uncheck(force=True)
    assert page.locator("[data-ref=lessons] li").count() == 1
    assert page.locator("[data-ref=scores] dt").all_inner_texts() == ["Distance", "Doubt"]
    # Of the other data set nothing was measured.
    page.locator(".dg-trust input[value=mnist]").check(force=True)
    page.wait_for_selector("[data-ref=knows]", state="hidden")
    assert "checkpoints/NAME" in page.locator("[data-ref=knowsnone]").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_trust_tab_is_legible_and_fits_a_phone(watched, trust_url, theme):
    page = open_trust(watched(width=390), trust_url, query=f"?__theme={theme}")
    page.locator("[data-ref=knows] summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(FAINT, ".dg-trust")["faint"] == []
    page.locator(".dg-trust input[value=mnist]").check(force=True)
    page.locator(".dg-trust .dg-fetch").click()
    page.wait_for_selector(".dg-trust .dg-supply .dg-line:not([hidden])")
    for summary in page.locator(".dg-trust summary:visible").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("[data-ref=matrixbox]")
    assert box.evaluate("one => one.scrollWidth <= one.clientWidth")  # ten classes fit
    found = page.evaluate(FAINT, ".dg-trust")
    assert found["seen"] > 200
    assert found["faint"] == []


# --- curves ------------------------------------------------------------------------------------


def test_curves_of_several_runs_are_drawn_and_read(watched, url):
    page = watched().open(url, "Curves")
    page.wait_for_selector(".dg-smoothed")
    # The runs of the first data set are chosen; two of the three record this loss.
    assert page.locator(".dg-run input:checked").count() == 3
    assert page.locator("[data-ref=metric]").input_value() == "loss/generator"
    assert page.locator(".dg-smoothed").count() == 2
    page.locator(".dg-run input[value=dcgan-cifar10]").check(force=True)
    page.wait_for_function("() => document.querySelectorAll('.dg-smoothed').length === 3")
    colors = page.locator(".dg-smoothed").evaluate_all(
        "paths => paths.map(path => getComputedStyle(path).stroke)"
    )
    assert len(set(colors)) == 3

    # Values under the pointer, then under the arrow keys.
    page.locator(".dg-chart").hover()
    tip = page.locator(".dg-tip")
    assert "steps" in tip.inner_text()
    assert tip.locator("b").count() == 3
    page.mouse.move(0, 0)
    assert tip.is_hidden()
    page.locator(".dg-chart").focus()
    page.keyboard.press("Home")
    assert "50 steps" in tip.inner_text()
    page.keyboard.press("End")
    assert "2,000 steps" in tip.inner_text()

    drawn = page.locator(".dg-smoothed").first.get_attribute("d")
    page.locator("[data-ref=smoothing]").focus()
    page.keyboard.press("Home")
    assert page.locator(".dg-smoothed").first.get_attribute("d") != drawn
    page.select_option("[data-ref=metric]", "loss/discriminator")
    assert page.locator(".dg-smoothed").count() == 2
    assert "Not recorded by" in page.locator("[data-ref=meaning]").inner_text()
    page.select_option("[data-ref=against]", "minutes")
    assert "minutes" in page.locator(".dg-chart").get_attribute("aria-label")
    page.locator(".dg-curves summary").click()
    assert page.locator(".dg-curves tbody tr").count() == 2

    page.get_by_role("button", name="Choose none").click()
    page.wait_for_function("() => document.querySelectorAll('.dg-smoothed').length === 0")


def test_what_a_log_scale_cannot_show_is_told(watched, many_url):
    page = watched().open(many_url, "Curves")
    page.wait_for_selector(".dg-curves .dg-smoothed")
    meaning = page.locator(".dg-curves [data-ref=meaning]")
    page.get_by_role("button", name="Choose none").click()
    page.wait_for_function("() => !document.querySelector('.dg-curves .dg-smoothed')")
    page.locator("[data-ref=log]").check()  # with nothing to show
    assert meaning.inner_text() == "Choose one or more above."
    page.locator(".dg-curves input[value=wgan-gp-fashion_mnist]").check(force=True)
    page.wait_for_function("() => document.querySelector('.dg-curves .dg-smoothed')")
    page.select_option(".dg-curves [data-ref=metric]", "critic/difference")
    assert "no place on a log scale" not in meaning.inner_text()
    page.select_option(".dg-curves [data-ref=metric]", "loss/discriminator")  # all below 0
    assert "no place on a log scale" in meaning.inner_text()


def test_the_step_scrubber_changes_the_samples(watched, url):
    page = watched().open(url, "Curves")
    page.wait_for_selector("[data-ref=sheet][data-shown='dcgan-mnist 1000']")
    last = pixels(page, "[data-ref=sheet]")
    page.locator("[data-ref=at]").focus()
    page.keyboard.press("ArrowLeft")
    middle = wait_for_change(page, "[data-ref=sheet]", last)
    assert page.locator("[data-ref=when]").inner_text() == "Step 500 of 1,000"
    page.keyboard.press("Home")
    wait_for_change(page, "[data-ref=sheet]", middle)
    page.locator("[data-ref=play]").click()
    page.wait_for_selector("[data-ref=sheet][data-shown='dcgan-mnist 1000']")
    page.select_option("[data-ref=sampled]", "vae-mnist")
    page.wait_for_selector("[data-ref=sheet][data-shown='vae-mnist 1000']")


# --- the whole ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_tab_is_wider_than_the_screen(watched, url, width, theme):
    one = watched(width=width)
    page = one.open(url, query=f"?__theme={theme}")
    for tab in TABS:
        one.show(tab)
        page.wait_for_timeout(700)
        inner = page.evaluate("document.documentElement.scrollWidth")
        assert inner <= width, f"{tab} is {inner} wide"


def test_the_theme_button_turns_the_page_dark_and_is_remembered(watched, url):
    page = watched(color_scheme="light").open(url)

    def background():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = background()
    page.get_by_role("button", name="Light or dark").click()
    dark = background()
    assert dark != light
    page.reload()
    page.wait_for_selector(".dg-classify")
    page.wait_for_function(
        "color => getComputedStyle(document.body).backgroundColor === color", arg=dark
    )


def test_without_any_checkpoint_the_page_says_what_to_do(watched, tmp_path):
    with serve(tmp_path / "app.log", DGM_CHECKPOINTS=str(tmp_path / "nothing")) as address:
        one = watched()
        one.page.goto(address)
        for tab in TABS:
            one.page.get_by_role("tab", name=tab).click()
            note = one.page.locator(f".dg-{tab.lower()} [data-ref=note]")
            note.wait_for()
            assert "python -m dgm.train dcgan --dataset mnist" in note.inner_text()
        one.page.goto("about:blank")  # left before its server is, which it would go on asking


# --- the HTTP API ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(url):
    from gradio_client import Client

    return Client(url, verbose=False)


def test_the_api_classifies(client, tmp_path):
    from gradio_client import handle_file

    (tmp_path / "photo.jpg").write_bytes(photo("dog"))
    answer = client.predict(
        handle_file(tmp_path / "photo.jpg"), "dcgan-cifar10", "", api_name="/classify"
    )
    assert answer["label"] == max(answer["confidences"], key=answer["confidences"].get)
    assert sum(answer["confidences"].values()) == pytest.approx(1, abs=1e-4)


def test_the_api_tells_what_is_wrong(client, tmp_path):
    from gradio_client import handle_file

    (tmp_path / "words.txt").write_text("only words")
    with pytest.raises(Exception, match="not a picture"):
        client.predict(handle_file(tmp_path / "words.txt"), "dcgan-mnist", "", api_name="/classify")
    with pytest.raises(Exception, match="There are: dcgan-mnist"):
        client.predict("resnet", "0", 1, 1.0, [], api_name="/generate")


def test_the_api_explains(client, tmp_path):
    from gradio_client import handle_file

    (tmp_path / "photo.jpg").write_bytes(photo("dog"))
    asked = handle_file(tmp_path / "photo.jpg"), "dcgan-cifar10", "", "cat"
    for way in ("cover", "gradients"):
        answer = client.predict(*asked, way, api_name="/explain")
        assert answer["label"] == "cat"
        assert np.shape(answer["heat"]) == (32, 32)
    with pytest.raises(Exception, match="by cover or gradients"):
        client.predict(*asked, "guess", api_name="/explain")


def test_the_api_draws(client):
    first = client.predict("dcgan-mnist", "3", 5, 1.0, [1.5], api_name="/generate")
    again = client.predict("dcgan-mnist", "3", 5, 1.0, [1.5], api_name="/generate")
    with Image.open(first) as a, Image.open(again) as b:
        assert a.size == (32, 32)
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    strip = client.predict("dcgan-mnist", "3", 5, 6, 1.0, 4, api_name="/interpolate")
    with Image.open(strip) as image:
        assert image.size == (128, 32)


def test_the_api_tells_how_far_a_model_may_be_believed(trust_url):
    from gradio_client import Client

    client = Client(trust_url, verbose=False)
    (way,) = client.predict("cnn-mnist", api_name="/trust")["ways"]
    assert (way["method"], way["accuracy"]) == ("cnn", 0.75)
    assert np.sum(way["confusion"]) == 200
    told = client.predict("dcgan-digits", api_name="/trust")["strangers"]
    assert told["kinds"][1]["shares"] == {"": 0.99, "softmax": 0.4}
    with pytest.raises(Exception, match="no model or run"):
        client.predict("resnet", api_name="/trust")


def test_the_api_gives_curves(client):
    answer = client.predict(["dcgan-mnist"], api_name="/curves")
    assert answer["dcgan-mnist"][0]["step"] == 50
    json.dumps(answer)


# --- as shipped --------------------------------------------------------------------------------


def test_the_page_as_shipped_reads_its_own_examples(watched, shipped_url):
    one = watched()
    page = one.open(shipped_url)
    for digit in "7204938516":
        page.get_by_role("button", name=f"Example: the digit {digit}").click()
        wait_for_label(page, digit)
    page.locator(".dg-classify input[value=fashion_mnist]").check(force=True)
    for example, said in (("trousers", "Trouser"), ("a sneaker", "Sneaker"), ("a bag", "Bag")):
        page.get_by_role("button", name=f"Example: {example}").click()
        wait_for_label(page, said)
    one.show("Generate")
    wait_for_picture(page)
    one.show("Compare")
    page.wait_for_selector(".dg-compare .dg-smoothed")
    assert len(columns(page)) >= 2
    one.show("Curves")
    page.wait_for_selector(".dg-curves .dg-smoothed")
    page.wait_for_selector("[data-ref=sheet][data-shown]")


def gauge_of(page) -> str:
    """What the gauge says of the picture that was given last."""
    wait_for_reasons(page)
    return page.locator("[data-ref=gaugeblock]").get_attribute("data-verdict")


def test_the_page_as_shipped_reads_pictures_of_ones_own(watched, shipped_url):
    page = watched().open(shipped_url)
    wait_for_label(page)
    # A seven on the pad, in two strokes as many write it; then in pencil on a sheet of paper.
    page.locator(".dg-classify input[value=draw]").check(force=True)
    draw(page, (0.28, 0.25), (0.72, 0.25), (0.45, 0.8))
    draw(page, (0.42, 0.52), (0.68, 0.52))
    wait_for_label(page, "7")
    assert_readable(page, CLASS_NAMES["mnist"])
    page.locator(".dg-classify [data-ref=clear]").click()
    sheet = Image.new("RGB", (1200, 900), (236, 230, 214))
    ImageDraw.Draw(sheet).line([(440, 220), (760, 230), (560, 700)], (70, 70, 80), 34, "curve")
    give(page, sheet)
    wait_for_label(page, "7")
    assert_readable(page, CLASS_NAMES["mnist"])
    assert gauge_of(page) == "usual"
    # Photos, and two pictures of none of the classes: noise, and what is a picture elsewhere.
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    for animal in ("dog", "cat"):
        give(page, photo(animal), "jpeg")
        wait_for_label(page, animal)
        assert_readable(page, CLASS_NAMES["cifar10"])
        assert gauge_of(page) != "strange"
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    noise = noise.resize((320, 320), Image.Resampling.NEAREST)
    for stranger, verdicts in ((noise, {"strange"}), (sheet, {"strange", "unusual"})):
        before = pixels(page, "[data-ref=seen]")
        give(page, stranger)
        wait_for_change(page, "[data-ref=seen]", before)
        assert_readable(page, CLASS_NAMES["cifar10"])
        assert gauge_of(page) in verdicts


def test_the_page_as_shipped_steers_shapes_by_their_factors(watched, shipped_url):
    page = watched().open(shipped_url, "Generate")
    page.locator(".dg-generate input[value=shapes]").check(force=True)
    wait_for_shown(page, "s.model === 'vae-shapes' && s.kind === 'factors'")
    page.locator(".dg-generate input[name][value=square]").check(force=True)
    wait_for_shown(page, "s.label === 'square'")
    page.locator(".dg-sliders:not([inert])").wait_for()
    label = np.array([SHAPES.index("square")])

    def measured() -> dict[str, float]:
        picture = as_array(pixels(page, "[data-ref=picture]"))[None, ..., :3]
        return {name: found[0] for name, found in measure_shapes(picture, label).items()}

    def pulled(slider: str, key: str) -> dict[str, float]:
        before = pixels(page, "[data-ref=picture]")
        page.get_by_role("slider", name=slider, exact=True).focus()
        page.keyboard.press(key)
        wait_for_change(page, "[data-ref=picture]", before)
        page.wait_for_timeout(300)
        return measured()

    hue = measured()["hue"]
    turned = pulled("Hue", "End")["hue"]  # half-way around the circle
    assert abs((turned - hue) % 1 - 0.5) < 0.12
    left, right = (pulled("Left to right", key)["x"] for key in ("Home", "End"))
    assert right - left > 5  # of 8 pixels
    small, large = (pulled("Size", key)["size"] for key in ("Home", "End"))
    assert large - small > 2  # of 4 pixels
    upright = measured()["angle"]
    # To the end of the slider a square turns by 45 degrees.
    assert abs((pulled("Angle", "End")["angle"] - upright) % 90 - 45) < 10
