"""Data sets by name."""

import pytest

from dgm import data


def test_an_unknown_name_is_answered_with_the_closest_known_one():
    with pytest.raises(ValueError, match=r"did you mean 'fashion_mnist'.*folder:PATH"):
        data.load("fashion-mnist")


@pytest.mark.parametrize("arguments", [{"split": "valid"}, {"limit": 0}])
def test_a_wrong_split_or_limit_is_refused(arguments):
    with pytest.raises(ValueError, match="expected"):
        data.load("shapes", **arguments)
