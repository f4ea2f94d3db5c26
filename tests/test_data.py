"""Data sets and their official files."""

import contextlib
import errno
import gzip
import hashlib
import io
import shutil
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from dgm import data

# ---------------------------------------------------------------------------- load, holdout, range


def test_an_unknown_name_is_answered_with_the_closest_known_one():
    with pytest.raises(ValueError, match=r"did you mean 'fashion_mnist'.*folder:PATH"):
        data.load("fashion-mnist")


@pytest.mark.parametrize("arguments", [{"split": "valid"}, {"limit": 0}])
def test_a_wrong_split_or_limit_is_refused(arguments):
    with pytest.raises(ValueError, match="expected"):
        data.load("shapes", **arguments)


def test_float_range_ends_and_round_trip():
    every = np.arange(256, dtype=np.uint8)
    scaled = data.to_float(every)
    assert scaled.dtype == np.float32
    assert (scaled[0], scaled[255]) == (-1.0, 1.0)
    assert scaled[51] == pytest.approx(-0.6)  # 51 / 255 is a fifth of the way from -1 to 1
    np.testing.assert_array_equal(data.to_uint8(scaled), every)
    assert isinstance(data.to_float(jnp.array(every)), jax.Array)
    np.testing.assert_array_equal(data.to_uint8(np.array([-3.0, 0.0, 7.0])), [0, 128, 255])


def toy(counts: list[int]) -> data.Dataset:
    labels = np.random.default_rng(7).permutation(np.repeat(np.arange(len(counts)), counts))
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None, None] * np.ones(
        (32, 32, 1), np.uint8
    )
    names = tuple(f"class {i}" for i in range(len(counts)))
    return data.Dataset("toy", "train", images, labels.astype(np.int32), names)


def test_holdout_takes_the_same_number_of_every_class_and_nothing_twice():
    whole = toy([40, 20, 30])
    rest, validation = data.holdout(whole, 31)
    np.testing.assert_array_equal(np.bincount(validation.labels), [11, 10, 10])
    numbers = np.concatenate([rest.images, validation.images])[:, 0, 0, 0]
    np.testing.assert_array_equal(np.sort(numbers), np.arange(90))
    np.testing.assert_array_equal(whole.labels[validation.images[:, 0, 0, 0]], validation.labels)
    again = data.holdout(whole, 31)[1]
    np.testing.assert_array_equal(again.images, validation.images)
    other = data.holdout(whole, 31, seed=1)[1]
    assert (other.images != validation.images).any()


@pytest.mark.parametrize("num", [0, -1, 60, 90])
def test_holdout_leaves_every_class_something_to_train_on(num):
    with pytest.raises(ValueError, match=f"cannot hold out {num} of the 90 images of toy"):
        data.holdout(toy([40, 20, 30]), num)


def test_labelled_subset_takes_as_many_of_every_class():
    labels = toy([40, 20, 30]).labels
    chosen = data.labelled_subset(labels, 7, seed=0)
    assert chosen.dtype == np.int32
    np.testing.assert_array_equal(chosen, np.unique(chosen))  # sorted, none twice
    np.testing.assert_array_equal(np.bincount(labels[chosen]), [7, 7, 7])
    np.testing.assert_array_equal(data.labelled_subset(labels, 7, seed=0), chosen)
    assert (data.labelled_subset(labels, 7, seed=1) != chosen).any()
    # As many as the smallest class has are all of it.
    every = data.labelled_subset(labels, 20, seed=0)
    np.testing.assert_array_equal(every[labels[every] == 1], np.flatnonzero(labels == 1))


def test_a_labelled_subset_of_0_is_everything():
    np.testing.assert_array_equal(data.labelled_subset(np.array([1, 0, 1]), 0, 0), [0, 1, 2])


def test_a_class_with_too_few_images_to_label_is_named():
    words = "21 labels a class are more than the 20 images of class 1: give a smaller --labels"
    with pytest.raises(ValueError, match=words):
        data.labelled_subset(toy([40, 20, 30]).labels, 21, seed=0)


# ---------------------------------------------------------------------------- shapes and digits


def drawn(shape: str, **given) -> np.ndarray:
    plain = {"hue": 0.0, "size": 9.0, "angle": 0.0, "x": 16.0, "y": 16.0, "background": 0.0}
    return data.draw_shapes(data.SHAPES.index(shape), **plain | given)[0]


def test_shapes_are_the_same_every_time_and_a_limit_is_a_prefix():
    few, more = data.load("shapes", limit=13), data.load("shapes", limit=40)
    assert (few.images.shape, few.images.dtype) == ((13, 32, 32, 3), np.uint8)
    assert (few.labels.dtype, few.num_classes, few.channels, len(few)) == (np.int32, 10, 3, 13)
    np.testing.assert_array_equal(few.images, more.images[:13])
    np.testing.assert_array_equal(few.labels, more.labels[:13])
    for name, values in few.factors.items():
        np.testing.assert_array_equal(values, more.factors[name][:13])
    np.testing.assert_array_equal(np.bincount(more.labels), [4] * 10)
    assert (data.load("shapes", "test", limit=40).images != more.images).any()
    np.testing.assert_array_equal(data.draw_shapes(few.labels, **few.factors), few.images)
    # Measured, not worked out: models were trained on these drawings, so they must not change.
    assert few.images.mean() == pytest.approx(46.89, abs=0.01)


@pytest.mark.parametrize("shape", data.SHAPES)
def test_centre_of_mass_and_extent_are_the_factors(shape):
    red = drawn(shape, x=14.3, y=18.6, angle=25.0)[..., 0].astype(float) / 255
    rows, columns = np.mgrid[:32, :32] + 0.5
    assert (red * columns).sum() / red.sum() == pytest.approx(14.3, abs=0.1)
    assert (red * rows).sum() / red.sum() == pytest.approx(18.6, abs=0.1)
    reach = np.hypot(columns - 14.3, rows - 18.6)[red > 0].max()
    assert 8.0 < reach < 9.0 + np.sqrt(2)


@pytest.mark.parametrize(("shape", "area"), [("circle", np.pi), ("square", 2.0)])
def test_area(shape, area):
    red = drawn(shape, size=10.0, angle=30.0)[..., 0] / 255
    assert red.sum() == pytest.approx(area * 100, rel=0.01)


@pytest.mark.parametrize(
    ("hue", "colour"),
    [(0, (255, 0, 0)), (1 / 6, (255, 255, 0)), (1 / 3, (0, 255, 0)), (2 / 3, (0, 0, 255))],
)
def test_hue_and_background(hue, colour):
    image = drawn("circle", hue=hue, background=0.2)
    np.testing.assert_array_equal(image[16, 16], colour)
    np.testing.assert_array_equal(image[0, 0], [51, 51, 51])


def test_angle_turns_clockwise():
    up, right = drawn("arrow"), drawn("arrow", angle=90.0)
    np.testing.assert_allclose(np.rot90(up, -1).astype(int), right, atol=1)
    assert up[:14].sum() > 0
    assert np.count_nonzero(up[12, :, 0]) > np.count_nonzero(up[22, :, 0])  # the head is above


def test_digits():
    train, test = data.load("digits"), data.load("digits", "test")
    assert (train.images.shape, test.images.shape) == ((1437, 32, 32, 1), (360, 32, 32, 1))
    np.testing.assert_array_equal(np.bincount(test.labels), [36] * 10)
    assert (test.split, test.class_names) == ("test", tuple("0123456789"))
    assert (train.images.min(), train.images.max()) == (0, 255)
    # Each 4x4 block has about the brightness of the pixel that it was enlarged from.
    from sklearn.datasets import load_digits

    blocks = data.enlarge(load_digits().images[0]).reshape(8, 4, 8, 4).mean((1, 3))
    assert np.corrcoef(blocks.ravel(), load_digits().images[0].ravel())[0, 1] > 0.98


def test_factors_are_read_off_the_picture():
    drawn = data.load("shapes", "test", limit=500)
    found = data.measure_shapes(drawn.images, drawn.labels)
    fold = np.array([data.SYMMETRY[data.SHAPES[y]] for y in drawn.labels])
    assert np.isnan(found["angle"][fold == 0]).all()

    def off(name: str, period=np.inf, which=slice(None)):
        gap = found[name][which] - drawn.factors[name][which]
        return np.abs(gap - period * np.rint(gap / period) if np.all(period < np.inf) else gap)

    assert off("hue", 1.0).max() < 0.001
    assert off("size").max() < 0.1  # pixels
    assert max(off("x").max(), off("y").max()) < 0.1
    assert off("background").max() < 0.003
    turned = fold > 0
    angles = off("angle", 360 / fold[turned], turned)
    # A heart's third moment is small, and hides in what its pixels round.
    assert (np.median(angles), angles.max()) < (0.2, 15)


# ---------------------------------------------------------------------------- folders


@pytest.fixture
def album(tmp_path):
    """Two classes of ten plain pictures each."""
    for name, colour in (("sky", (0, 0, 255)), ("grass", (0, 255, 0))):
        (tmp_path / name).mkdir()
        for i in range(10):
            Image.new("RGB", (40 + i, 30), colour).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_folder(album):
    (album / "sky" / "notes.txt").write_text("no picture")
    (album / "sky" / ".hidden").write_text("nothing")
    (album / "readme.md").write_text("about")
    train, test = (data.load(f"folder:{album}", split) for split in data.SPLITS)
    assert train.class_names == ("grass", "sky")
    assert len(train) + len(test) == 20
    np.testing.assert_array_equal(np.bincount(test.labels), [2, 2])
    for dataset in (train, test):
        colours = np.array([[0, 255, 0], [0, 0, 255]])[dataset.labels]
        np.testing.assert_array_equal(dataset.images[:, 16, 16], colours)
    left_out = set(train.left_out + test.left_out)
    assert {entry.split(":")[0] for entry in left_out} == {"readme.md", "sky/notes.txt"}
    few = data.load(f"folder:{album}", limit=3)
    np.testing.assert_array_equal(few.labels, train.labels[:3])


def test_folder_errors_name_the_class(album):
    (album / "empty").mkdir()
    with pytest.raises(ValueError, match="the class 'empty' is empty"):
        data.load(f"folder:{album}")
    (album / "empty" / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match=r"class 'empty'(.|\n)*empty/notes.txt: This is not"):
        data.load(f"folder:{album}")
    with pytest.raises(ValueError, match="has 0 sub-folders"):
        data.load(f"folder:{album / 'sky'}")
    with pytest.raises(ValueError, match="is not a folder"):
        data.load(f"folder:{album / 'nowhere'}")


# ---------------------------------------------------------------------------- official files


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
        for key, content in TOY_IDX.items():
            monkeypatch.setitem(data.MD5, key, md5(content))
            server.files["/" + key] = gzip.compress(content)
        monkeypatch.setitem(data.MIRRORS, "mnist", (server.url + "mnist/",))
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
    for key in TOY_IDX:
        monkeypatch.setitem(data._SIZES, key, len(server.files["/" + key]))
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

    monkeypatch.setattr(data, "_fetch", full)
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
    monkeypatch.setitem(data.MIRRORS, "mnist", (server.url + "mnist/", server.url + "second/"))
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
        for split in data.SPLITS:
            for member in data.FILES["cifar10"][split]:
                info = tarfile.TarInfo(member)
                info.size = len(row)
                tar.addfile(info, io.BytesIO(row))
                monkeypatch.setitem(data.MD5, f"cifar10/{member}", md5(row))
        info = tarfile.TarInfo("../outside.txt")
        tar.addfile(info)
    server.files["/cifar-10-binary.tar.gz"] = buffer.getvalue()
    monkeypatch.setitem(data.MD5, "cifar10/cifar-10-binary.tar.gz", md5(buffer.getvalue()))
    monkeypatch.setitem(data.MIRRORS, "cifar10", (server.url,))

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
    for part in (labels, data.MD5["mnist/t10k-labels-idx1-ubyte.gz"], md5(b"labels"), "Delete it"):
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
