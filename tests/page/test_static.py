"""How scripts and styles reach the browser: once, compressed, with the tab that needs them, and
wherever the page is mounted."""

import http.server
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from page.driver import TABS, Watched, page_on, wait_for_label
from page_runs import make_runs

from benchmarks.weight import measure

pytestmark = pytest.mark.browser
MOUNT = "/studio"


class Proxy(http.server.BaseHTTPRequestHandler):
    """Serves a page under MOUNT, as a web server in front of several applications does."""

    target = ""

    def forward(self) -> None:
        # Of all that Gradio asks for, these two are asked for at the root wherever it is mounted.
        if not self.path.startswith((f"{MOUNT}/", "/manifest.json", "/favicon.ico")):
            self.send_error(404)
            return
        length = int(self.headers.get("Content-Length") or 0)
        request = urllib.request.Request(
            self.target + self.path.removeprefix(MOUNT),
            self.rfile.read(length) or None,
            dict(self.headers),
            method=self.command,
        )
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = forward

    def log_message(self, *values) -> None:
        pass


@pytest.fixture
def mounted_url(tmp_path, tiny_config) -> Iterator[str]:
    runs = make_runs(tmp_path / "checkpoints", tiny_config)
    for address in page_on(tmp_path, runs, GRADIO_ROOT_PATH=MOUNT):
        handler = type("Handler", (Proxy,), {"target": address})
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}{MOUNT}"
            server.shutdown()


def fetched(one: Watched) -> list[str]:
    """What a page asks for of the project's files, as it does: paths below the version."""
    paths = []

    def note(request):
        if found := re.search(r"/demo/[0-9a-f]{12}/(.+)", request.url):
            paths.append(found[1])

    one.page.on("request", note)
    return paths


def test_every_tab_opens_where_the_page_is_mounted_under_a_path(mounted_url, watched):
    one = watched()
    one.open(mounted_url)
    wait_for_label(one.page)
    for tab in TABS:
        one.show(tab)


def test_a_tab_brings_its_own_files_and_asks_for_each_once(watched, url):
    one = watched()
    paths = fetched(one)
    page = one.open(url)
    wait_for_label(page)
    assert "tabs/classify/classify.js" in paths
    assert not [path for path in paths if re.match(r"tabs/(?!classify)", path)]
    assert "components/chart.js" not in paths
    for tab in TABS:
        one.show(tab)
        assert f"tabs/{tab.lower()}/{tab.lower()}.js" in paths
    assert len(paths) == len(set(paths))


def test_what_was_fetched_once_comes_out_of_the_cache(watched, url):
    one = watched()
    wait_for_label(one.open(url))
    one.page.reload()
    wait_for_label(one.page)
    names = one.page.evaluate(
        """() => performance.getEntriesByType("resource")
          .filter((entry) => /\\/demo\\/[0-9a-f]{12}\\//.test(entry.name) && entry.transferSize > 0)
          .map((entry) => entry.name)"""
    )
    assert names == []


def test_the_page_is_light(chromium, url):
    found = measure(chromium, url)
    assert found["first_view_kB"] <= 80
    assert found["every_tab_kB"] <= 165
    assert found["second_view_kB"] <= 30  # the page itself, which is never kept


def answer_of(address: str, accepted: str = "br, gzip"):
    request = urllib.request.Request(address, headers={"Accept-Encoding": accepted})
    return urllib.request.urlopen(request)


def test_files_are_compressed_and_kept_for_good(url, chromium):
    page = chromium.new_page()
    with page.expect_request(re.compile(r"tabs/classify/classify\.js$")) as found:
        page.goto(url)
    address = found.value.url
    page.close()
    for accepted in ("br, gzip", "gzip", "identity"):
        with answer_of(address, accepted) as answer:
            coding = answer.headers.get("Content-Encoding", "identity")
            assert coding == accepted.split(",")[0]
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    older = re.sub(r"/demo/[0-9a-f]{12}/", "/demo/000000000000/", address)
    with pytest.raises(urllib.error.HTTPError, match="404") as error:
        answer_of(older)
    with error.value as answer:
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_itself_is_compressed_and_an_event_stream_is_not(url):
    with answer_of(url) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
    with answer_of(f"{url}/gradio_api/heartbeat/none") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Content-Encoding"] is None
        assert answer.read1()  # the first event comes while the stream goes on


def test_the_page_says_which_language_it_speaks_whatever_the_browser_does(watched, url):
    page = watched(locale="de-DE").open(url, "Curves")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_page_that_is_older_than_its_server_says_so(url, chromium):
    page = chromium.new_page()
    page.route(re.compile("/tabs/curves/"), lambda route: route.fulfill(status=404))
    page.goto(url)
    page.get_by_role("tab", name="Curves").click()
    note = page.locator(".dg-curves [data-ref=note]")
    note.wait_for()
    assert "load it anew" in note.inner_text()
    page.close()
