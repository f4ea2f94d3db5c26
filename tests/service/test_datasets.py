"""demo/service/datasets.py: pictures that do not come with the page, and those from outside."""

import dataclasses
import gzip
import hashlib
import os
import threading

import pytest
from asking import picture, wait_for

from demo.service import Service
from demo.service.datasets import Availability
from dgm import data
from dgm.data import mnist, official_files, open_picture


@pytest.fixture
def fresh(trusted):
    """The same models to a service that nobody asked for pictures yet."""
    return Service(trusted.models.run("cnn-mnist").folder.parent)


def test_a_file_is_read_once_for_all_that_is_asked_of_it(explained, tmp_path, monkeypatch):
    file = tmp_path / "cross.png"
    file.write_bytes(picture().getvalue())
    opened = []
    monkeypatch.setattr(
        "demo.service.datasets.open_picture",
        lambda source: opened.append(source) or open_picture(source),
    )
    first = explained.classification.classify(file, "dcgan-fashion_mnist")
    explained.classification.compare(file, "fashion_mnist")
    explained.classification.ood_score(file, "dcgan-fashion_mnist")
    assert len(opened) == 1
    explained.classification.classify(file, "vae-mnist")  # seen in another way
    assert len(opened) == 2
    file.write_bytes(picture((200, 300)).getvalue())
    os.utime(file, (1, 1))  # another picture of that name
    second = explained.classification.classify(file, "dcgan-fashion_mnist")
    assert len(opened) == 3
    assert (first.seen != second.seen).any()


def test_test_pictures_are_downloaded_in_the_background(fresh, no_data, monkeypatch):
    # A toy MNIST whose test images are those that were measured.
    files = {
        "t10k-images-idx3-ubyte.gz": bytes(16) + bytes(range(200)) * 28 * 28,
        "t10k-labels-idx1-ubyte.gz": bytes(8) + bytes(i % 10 for i in range(200)),
    }
    arrived = threading.Event()

    def fetch(url, path, note):
        assert arrived.wait(10)
        path.write_bytes(gzip.compress(files[path.name]))
        note(path.name, path.stat().st_size)

    official = tuple(
        dataclasses.replace(file, md5=hashlib.md5(files[file.name]).hexdigest())
        for file in mnist.FILES.splits["test"]
    )
    monkeypatch.setitem(mnist.FILES.splits, "test", official)
    monkeypatch.setattr(official_files, "fetch", fetch)
    assert fresh.datasets.availability("mnist", "test") == Availability(
        False, 1_653_419, False, None
    )
    job = fresh.datasets.download("mnist", "test")
    assert fresh.datasets.download("mnist", "test") is job  # one at a time, whoever asks
    assert (job.is_over, job.share) == (False, 0)
    arrived.set()
    wait_for(job)
    assert job.error == ""
    assert job.share > 0
    assert fresh.datasets.availability("mnist", "test").is_local
    assert fresh.reliability.mistakes("cnn-mnist", "cnn", "0", "1").total == 10
    with pytest.raises(ValueError, match="nothing to download"):
        fresh.datasets.download("mnist", "test")


def test_a_download_that_fails_says_why_and_can_be_begun_anew(fresh, no_data, monkeypatch):
    def fetch(url, path, note):
        raise OSError("no route to host")

    monkeypatch.setattr(official_files, "fetch", fetch)
    first = fresh.datasets.download("fashion_mnist", "test")
    wait_for(first)
    assert first.error.startswith("could not download t10k-images")
    assert "no route to host" in first.error
    assert fresh.datasets.download("fashion_mnist", "test") is not first
    wait_for(fresh.datasets.availability("fashion_mnist", "test").download)


def test_one_download_brings_both_splits_of_cifar10(fresh, no_data, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(data, "download", lambda *asked: over.wait(10))
    job = fresh.datasets.download("cifar10", "train")
    assert fresh.datasets.download("cifar10", "test") is job
    assert fresh.datasets.availability("cifar10", "test").has_both_splits
    over.set()
    wait_for(job)
    assert fresh.datasets.download("mnist", "train") is not fresh.datasets.download("mnist", "test")
    assert not fresh.datasets.availability("mnist", "test").has_both_splits
    assert not fresh.datasets.availability("digits", "test").has_both_splits
