"""Official files: downloaded, checked, cached, or one's own."""

import contextlib
import dataclasses
import errno
import functools
import gzip
import hashlib
import io
import shutil
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from dgm import data
from dgm.data import cifar10, mnist, official_files


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


class Server:
    """Serves `files` from 127.0.0.1; `cuts` (path: bytes) end a connection early, once each."""

    def __init__(self):
        self.files, self.cuts, self.ranges, self.requests = {}, {}, True, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked = self.headers["Range"]
                outer.requests.append((self.path, asked))
                content = outer.files.get(self.path)
                if content is None:
                    return self.send_error(404)
                start = int(asked[6:-1]) if asked and outer.ranges else 0
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                self.wfile.write(content[start : outer.cuts.pop(self.path, None)])

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def replace_files(monkeypatch, module, **changes) -> None:
    """Other official files of the data set that a module defines."""
    files = dataclasses.replace(data.DATASETS[module.SPEC.name].files, **changes)
    read = functools.partial(module.read, files=files)
    spec = dataclasses.replace(module.SPEC, files=files, read=read)
    monkeypatch.setitem(data.DATASETS, spec.name, spec)


TOY_IMAGES = np.arange(3 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28)
TOY_IDX = {
    "mnist/t10k-images-idx3-ubyte.gz": struct.pack(">4i", 2051, 3, 28, 28) + TOY_IMAGES.tobytes(),
    "mnist/t10k-labels-idx1-ubyte.gz": struct.pack(">2i", 2049, 3) + bytes([4, 0, 9]),
}


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A mirror of a three-image MNIST, and an empty cache."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("DGM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("DGM_DATA_DIR", raising=False)
    with contextlib.closing(Server()) as server:
        files = []
        for key, content in TOY_IDX.items():
            packed = server.files["/" + key] = gzip.compress(content)
            files.append(data.File(key.removeprefix("mnist/"), md5(content), len(packed)))
        splits = mnist.FILES.splits | {"test": tuple(files)}
        replace_files(monkeypatch, mnist, splits=splits, mirrors=(server.url + "mnist/",))
        yield server


def check_toy(dataset: data.Dataset) -> None:
    assert dataset.images.shape == (3, 32, 32, 1)
    np.testing.assert_array_equal(dataset.images[:, 2:30, 2:30, 0], TOY_IMAGES)
    frame = dataset.images.copy()
    frame[:, 2:30, 2:30] = 0
    assert not frame.any()  # two pixels of background on every side
    np.testing.assert_array_equal(dataset.labels, [4, 0, 9])


def test_download_is_cached_and_used_without_a_network(server, tmp_path):
    check_toy(data.load("mnist", "test"))
    assert len(server.requests) == 2
    server.files.clear()
    check_toy(data.load("mnist", "test"))
    assert len(server.requests) == 2
    left = sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir())
    assert left == [key.removeprefix("mnist/") for key in TOY_IDX]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_cut_short_goes_on(server, ranges):
    path = "/mnist/t10k-images-idx3-ubyte.gz"
    server.ranges = ranges  # not every server can go on in the middle
    server.cuts[path] = 100
    check_toy(data.load("mnist", "test"))
    assert server.requests[:2] == [(path, None), (path, "bytes=100-")]


def test_what_needs_no_download_is_at_hand(server, tmp_path, monkeypatch):
    assert data.is_at_hand("shapes", "test")
    assert not data.is_at_hand("mnist", "test")
    data.load("mnist", "test")
    assert data.is_at_hand("mnist", "test")
    assert not data.is_at_hand("mnist", "test", tmp_path / "elsewhere")


def test_a_download_tells_how_far_it_is(server, tmp_path, monkeypatch):
    total = data.download_size("mnist", "test")
    assert total == sum(map(len, server.files.values()))
    shares = []
    data.download("mnist", "test", shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert data.download_size("mnist", "test") == 0  # it is at hand
    assert data.download_size("cifar10", "test") == 170_052_171  # an archive of both splits
    assert data.download_size("shapes", "test") == 0
    monkeypatch.setenv("DGM_DATA_DIR", str(tmp_path))
    assert data.download_size("cifar10", "test") == 0  # never fetched into one's own folder


def test_where_nothing_can_be_stored_the_error_says_so(server, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(data.DataUnavailableError, match=r"cannot be stored.*DGM_CACHE_DIR"):
        data.download("mnist", "test")
    monkeypatch.setenv("DGM_CACHE_DIR", str(tmp_path / "other"))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(official_files, "fetch", full)
    with pytest.raises(data.DataUnavailableError, match=r"cannot be stored: .*No space left"):
        data.download("mnist", "test")


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path):
    data.load("mnist", "test")
    path = tmp_path / "cache" / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    check_toy(data.load("mnist", "test"))
    assert len(server.requests) == 3


def test_a_wrong_file_is_never_used_and_the_next_mirror_is_tried(server, monkeypatch, tmp_path):
    path = "/mnist/t10k-labels-idx1-ubyte.gz"
    right, server.files[path] = server.files[path], gzip.compress(b"something else")
    found = md5(b"something else")
    with pytest.raises(data.DataUnavailableError, match=f"{path}: wrong content, md5 {found}"):
        data.load("mnist", "test")
    assert not (tmp_path / "cache" / path[1:]).exists()
    server.files["/second" + path[6:]] = right
    mirrors = (server.url + "mnist/", server.url + "second/")
    replace_files(monkeypatch, mnist, mirrors=mirrors)
    check_toy(data.load("mnist", "test"))


def test_offline_the_error_says_what_was_tried_and_what_to_do(server):
    server.close()
    with pytest.raises(data.DataUnavailableError) as raised:
        data.load("mnist", "test")
    message = str(raised.value)
    assert f"{server.url}mnist/t10k-images-idx3-ubyte.gz: " in message
    assert "refused" in message
    for words in ("--data-dir", "DGM_DATA_DIR", "mnist/train-labels-idx1-ubyte.gz", "'shapes'"):
        assert words in message


def test_a_missing_address_is_an_error_too(server):
    server.files.clear()
    with pytest.raises(data.DataUnavailableError, match="404"):
        data.load("mnist", "test")


def test_cifar_archive(server, monkeypatch, tmp_path):
    # One image: label 3, then a red plane of 1s, a green one of 2s, a blue one of 3s.
    row = bytes([3]) + b"".join(bytes([value]) * 1024 for value in (1, 2, 3))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for files in cifar10.FILES.splits.values():
            for file in files:
                info = tarfile.TarInfo(file.name)
                info.size = len(row)
                tar.addfile(info, io.BytesIO(row))
        info = tarfile.TarInfo("../outside.txt")
        tar.addfile(info)
    server.files["/cifar-10-binary.tar.gz"] = buffer.getvalue()
    replace_files(
        monkeypatch,
        cifar10,
        mirrors=(server.url,),
        archive=data.File("cifar-10-binary.tar.gz", md5(buffer.getvalue())),
        splits={
            split: tuple(dataclasses.replace(file, md5=md5(row)) for file in files)
            for split, files in cifar10.FILES.splits.items()
        },
    )

    train, test = data.load("cifar10"), data.load("cifar10", "test")
    assert len(server.requests) == 1
    assert (train.images.shape, test.images.shape) == ((5, 32, 32, 3), (1, 32, 32, 3))
    np.testing.assert_array_equal(test.images[0, 7, 9], [1, 2, 3])
    assert test.class_names[test.labels[0]] == "cat"
    kept = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert kept == {f"data_batch_{i}.bin" for i in range(1, 6)} | {"test_batch.bin"}


def test_data_dir_lists_what_is_missing_and_refuses_what_is_wrong(server, tmp_path):
    folder = tmp_path / "own" / "mnist"
    folder.mkdir(parents=True)
    images, labels = (tmp_path / "own" / key for key in TOY_IDX)
    images.write_bytes(gzip.compress(TOY_IDX["mnist/t10k-images-idx3-ubyte.gz"], 1))
    with pytest.raises(data.DataUnavailableError, match=f"lacks files of mnist:\n  {labels}\n"):
        data.load("mnist", "test", data_dir=tmp_path / "own")
    labels.write_bytes(gzip.compress(b"labels"))
    with pytest.raises(data.DataUnavailableError) as raised:
        data.load("mnist", "test", data_dir=tmp_path / "own")
    for part in (
        labels,
        md5(TOY_IDX["mnist/t10k-labels-idx1-ubyte.gz"]),
        md5(b"labels"),
        "Delete it",
    ):
        assert str(part) in str(raised.value)
    labels.write_bytes(gzip.compress(TOY_IDX["mnist/t10k-labels-idx1-ubyte.gz"], 1))
    check_toy(data.load("mnist", "test", data_dir=tmp_path / "own"))
    assert server.requests == []  # one's own files are never fetched, nor replaced


@pytest.mark.official_data
@pytest.mark.parametrize(
    ("name", "first_labels", "mean"),
    [  # means of the test images, as published for 28x28: a frame of zeros makes them (28/32)^2
        ("mnist", [7, 2, 1, 0, 4], [0.1325]),
        ("fashion_mnist", [9, 2, 1, 1, 6], [0.2868]),
        ("cifar10", [3, 8, 8, 0, 6], [0.4942, 0.4851, 0.4504]),
    ],
)
def test_official_test_split(data_dir, name, first_labels, mean):
    dataset = data.load(name, "test")
    assert dataset.images.shape == (10_000, 32, 32, len(mean))
    np.testing.assert_array_equal(dataset.labels[:5], first_labels)
    area = 1.0 if name == "cifar10" else (28 / 32) ** 2
    measured = dataset.images.mean((0, 1, 2)) / 255
    np.testing.assert_allclose(measured, np.array(mean) * area, atol=1e-4)


@pytest.mark.official_data
def test_one_changed_byte_is_noticed(data_dir, tmp_path):
    source = f"{data_dir}/cifar10/cifar-10-batches-bin/test_batch.bin"
    copy = tmp_path / "cifar10" / "cifar-10-batches-bin" / "test_batch.bin"
    copy.parent.mkdir(parents=True)
    shutil.copy(source, copy)
    with copy.open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)[0]
        file.seek(1_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(data.DataUnavailableError, match="expected md5 803d5f7f4d78ea53"):
        data.load("cifar10", "test", data_dir=tmp_path)
