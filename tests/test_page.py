"""The real page in a real Chromium: `python app.py` in a process of its own, on small models.

One test at the end opens the page on the shipped checkpoints.
"""

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from page_runs import make_runs
from PIL import Image

from benchmarks.page import ROOT, browser, find_chromium, serve

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright", reason="playwright is not installed")
if find_chromium() is None:
    pytestmark = [pytestmark, pytest.mark.skip(reason="no Chromium found: set DGM_CHROMIUM")]

TABS = ("Classify", "Generate", "Curves")
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
PATIENCE = 60_000  # ms; a model that is asked for the first time is compiled


@pytest.fixture(scope="module")
def url(tmp_path_factory, tiny_config) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    checkpoints = make_runs(folder / "checkpoints", tiny_config)
    with serve(folder / "app.log", DGM_CHECKPOINTS=str(checkpoints)) as address:
        yield address
    assert "Traceback" not in (folder / "app.log").read_text()


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


def photo() -> bytes:
    """A large photograph of odd size, lying on its side as a phone's camera writes it."""
    rng = np.random.default_rng(0)
    across, down = np.meshgrid(np.linspace(0, 255, 1501), np.linspace(0, 255, 997))
    image = np.stack([across, down, np.full_like(across, 90)], -1)
    image += rng.normal(0, 12, image.shape)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    buffer = io.BytesIO()
    Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


# --- classify ----------------------------------------------------------------------------------


def test_an_example_is_classified_as_the_page_opens(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    assert page.locator(".dg-bars li").count() == 10
    shares = page.locator(".dg-bars .dg-number").all_inner_texts()
    assert all(re.fullmatch(r"[\d.]+\s%", share) for share in shares)
    assert max(pixels(page, "[data-ref=seen]")[::4]) > 200
    page.wait_for_selector(".dg-others li")
    assert page.locator(".dg-others li").count() == 2  # the other two models of this data set
    assert "98.8 % of the MNIST test pictures" in page.locator("[data-ref=how]").inner_text()


def test_an_uploaded_photo_of_any_size_is_classified(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    before = pixels(page, "[data-ref=seen]")
    page.set_input_files(
        "[data-ref=file]", {"name": "IMG 1.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    seen = as_array(wait_for_change(page, "[data-ref=seen]", before))
    # Upright: what grows to the right in the file grows downwards once it is turned.
    assert seen[-3:, :, 0].mean() > seen[:3, :, 0].mean() + 90
    assert page.locator("[data-ref=line]").is_hidden()
    # The part that is used is marked on the picture.
    page.wait_for_selector("[data-ref=crop]")
    box = page.locator("[data-ref=crop]").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)


def test_an_unusable_file_is_told_in_a_line_and_nothing_is_lost(watched, url):
    page = watched().open(url)
    label = wait_for_label(page)
    before = pixels(page, "[data-ref=seen]")
    page.set_input_files(
        "[data-ref=file]", {"name": "a.png", "mimeType": "image/png", "buffer": b"only words"}
    )
    page.wait_for_selector("[data-ref=line]:not([hidden])")
    assert "not a picture" in page.locator("[data-ref=line]").inner_text()
    assert page.locator("[data-ref=label]").inner_text() == label
    assert pixels(page, "[data-ref=seen]") == before
    assert page.locator("[data-ref=photo]").is_visible()
    # The next picture clears the line.
    page.locator(".dg-example").nth(3).click()
    page.wait_for_selector("[data-ref=line]", state="hidden")


def test_switching_the_model_classifies_again(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    before = page.locator(".dg-bars").inner_text()
    page.locator(".dg-classify input[value=cnn-mnist]").check(force=True)
    page.wait_for_function(
        "text => document.querySelector('.dg-bars').innerText !== text", arg=before
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
    assert "".join(page.locator(".dg-bars .dg-number").all_inner_texts()) == ""
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
    box = page.locator("[data-ref=pad]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + box["height"] / 2, steps=12)
    page.mouse.up()
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
        page.locator(".dg-generate [data-ref=undo]").click()
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


def test_the_way_between_two_seeds(watched, url):
    page = watched().open(url, "Generate")
    first = wait_for_picture(page)
    page.wait_for_function("() => document.querySelector('[data-ref=strip]').width === 512")
    page.wait_for_timeout(300)
    assert difference(pixels(page, "[data-ref=between]"), first) <= 1
    page.locator("[data-ref=along]").focus()
    page.keyboard.press("End")
    other = pixels(page, "[data-ref=between]")
    assert other != first
    page.fill("[data-ref=to]", "99")
    page.press("[data-ref=to]", "Enter")
    wait_for_change(page, "[data-ref=between]", other)


@pytest.mark.parametrize(
    "ref, name, size",
    [
        ("save", "dcgan-mnist-0-seed-1.png", (512, 512)),
        ("savesheet", "dcgan-mnist-0-all-samples.png", (768, 1280)),
        ("savestrip", "dcgan-mnist-0-from-1-to-2.png", (2048, 128)),
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

    (tmp_path / "photo.jpg").write_bytes(photo())
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


def test_the_api_draws(client):
    first = client.predict("dcgan-mnist", "3", 5, 1.0, [1.5], api_name="/generate")
    again = client.predict("dcgan-mnist", "3", 5, 1.0, [1.5], api_name="/generate")
    with Image.open(first) as a, Image.open(again) as b:
        assert a.size == (32, 32)
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    strip = client.predict("dcgan-mnist", "3", 5, 6, 1.0, 4, api_name="/interpolate")
    with Image.open(strip) as image:
        assert image.size == (128, 32)


def test_the_api_gives_curves(client):
    answer = client.predict(["dcgan-mnist"], api_name="/curves")
    assert answer["dcgan-mnist"][0]["step"] == 50
    json.dumps(answer)


# --- as shipped --------------------------------------------------------------------------------


def test_the_page_as_shipped_reads_its_own_examples(watched, tmp_path: Path):
    with serve(tmp_path / "app.log", DGM_CHECKPOINTS=str(ROOT / "checkpoints")) as address:
        one = watched()
        page = one.open(address)
        for digit in "7204938516":
            page.get_by_role("button", name=f"Example: the digit {digit}").click()
            wait_for_label(page, digit)
        page.locator(".dg-classify input[value=fashion_mnist]").check(force=True)
        for example, said in (("trousers", "Trouser"), ("a sneaker", "Sneaker"), ("a bag", "Bag")):
            page.get_by_role("button", name=f"Example: {example}").click()
            wait_for_label(page, said)
        one.show("Generate")
        wait_for_picture(page)
        one.show("Curves")
        page.wait_for_selector(".dg-smoothed")
        page.wait_for_selector("[data-ref=sheet][data-shown]")
        page.goto("about:blank")  # left before its server is, which it would go on asking
