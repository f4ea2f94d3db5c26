"""demo/service/reliability.py: mistakes, and corrupted pictures."""

import shutil

import numpy as np
import pytest
from asking import picture
from page_runs import predictions_of

from demo.service import Service
from demo.service.reliability import MISTAKES_PER_PAGE
from demo.service.runs import CORRUPTIONS
from dgm import data, release


def test_the_surest_mistakes_come_first(trusted):
    test = data.load("digits", "test")
    found = trusted.reliability.mistakes("dcgan-digits", "head", "3", "4")
    members = [i for i in range(0, 360, 4) if test.labels[i] == 3][::-1]
    np.testing.assert_array_equal(found.pictures, test.images[members])
    assert found.percents == sorted(found.percents, reverse=True)
    assert found.total == len(members)
    # What is right: those first that it was least sure of, page by page.
    right = [i for i in range(360) if test.labels[i] == 3 and i % 4]
    pages = [trusted.reliability.mistakes("dcgan-digits", "", "3", "3", page) for page in (0, 1)]
    assert [len(page.pictures) for page in pages] == [
        MISTAKES_PER_PAGE,
        len(right) - MISTAKES_PER_PAGE,
    ]
    both = np.concatenate([page.pictures for page in pages])
    np.testing.assert_array_equal(both, test.images[right])
    nothing = trusted.reliability.mistakes("dcgan-digits", "head", "3", "5")
    assert (len(nothing.pictures), nothing.total) == (0, 0)


@pytest.mark.parametrize(
    "asked, words",
    [
        (("dcgan-digits", "head", "3", "eleven"), "no class 'eleven'"),
        (("dcgan-digits", "head", None, "3"), "no class None"),
        (("dcgan-digits", "head", "3", "3", 2), "page must be a number from 0 to 1"),
        (("dcgan-digits", "head", "3", "3", "1"), "page must be a number"),
        (("dcgan-digits", ["head"], "3", "3"), "classifies by one of head"),
        (("resnet", "", "3", "3"), "no model or run"),
        (("vae-digits", "bayes", "3", "3"), "were not kept"),
        (("cnn-mnist", "cnn", "3", "3"), "pictures of MNIST are not on this computer"),
    ],
)
def test_mistakes_that_cannot_be_shown_are_refused_in_words(trusted, no_data, asked, words):
    with pytest.raises(ValueError, match=words):
        trusted.reliability.mistakes(*asked)


def test_other_test_pictures_than_were_measured_are_not_shown(trusted, tmp_path):
    folder = tmp_path / "cnn-digits"
    shutil.copytree(trusted.models.run("cnn-digits").folder, folder)
    labels = data.load("digits", "test").labels
    for others in (labels[::-1], labels[:100], np.resize(labels, 400)):
        release.write_predictions(folder, {"cnn": predictions_of(others, 10)})
        with pytest.raises(ValueError, match="not those that cnn-digits was measured on"):
            Service(tmp_path).reliability.mistakes("cnn-digits", "cnn", "3", "3")


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_a_picture_is_shown_at_every_level_of_a_corruption(explained, kind):
    found = explained.reliability.corrupt(picture(), kind, "cnn-fashion_mnist")
    assert found.levels[0] == 0
    assert found.levels == sorted(found.levels)
    assert len(found.levels) == len(found.pictures) == len(found.labels) == len(found.confidences)
    reading = explained.classification.classify(picture(), "cnn-fashion_mnist")
    np.testing.assert_array_equal(found.pictures[0], reading.seen)
    assert found.labels[0] == reading.label
    assert found.confidences[0] == pytest.approx(reading.confidences[reading.label], abs=1e-3)
    change = np.abs(found.pictures.astype(int) - found.pictures[0]).max((1, 2, 3))
    assert change[0] == 0
    if kind in ("fgsm", "pgd"):
        assert change.tolist() == [0, 1, 2, 4, 8]
    else:
        assert (np.diff(change) >= 0).all()


@pytest.mark.parametrize(
    "asked, words",
    [
        (("rain", "cnn-fashion_mnist"), "one of noise, blur"),
        ((["noise"], "cnn-fashion_mnist"), "one of noise, blur"),
        ((None, "cnn-fashion_mnist"), "one of noise, blur"),
        (("noise", "resnet"), "no model or run"),
        (("noise", "cnn-fashion_mnist", "head"), "classifies by one of cnn"),
        (("fgsm", "vae-fashion_mnist"), "would take too long"),
    ],
)
def test_a_corruption_that_cannot_be_done_is_refused_in_words(explained, asked, words):
    with pytest.raises(ValueError, match=words):
        explained.reliability.corrupt(picture(), *asked)
