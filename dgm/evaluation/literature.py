"""What papers report of the same systems, and why our figures differ."""

_SHMELKOV = "Shmelkov 2018"
# (data set, recipe) -> metric -> (share, where it is from).
REPORTED: dict[tuple[str, str], dict[str, tuple[float, str]]] = {
    ("cifar10", "dcgan"): {"gan_train": (0.65, _SHMELKOV)},
    ("cifar10", "wgan-gp"): {"gan_train": (0.795, _SHMELKOV)},
    ("cifar10", "sngan"): {"gan_train": (0.822, _SHMELKOV), "gan_test": (0.873, _SHMELKOV)},
    ("mnist", "improved-gan"): {"accuracy": (0.9907, "Salimans 2016")},
    ("cifar10", "improved-gan"): {"accuracy": (0.8137, "Salimans 2016")},
}
# Why ours differ, by recipe, or by data set and recipe.
REMARKS: dict[str | tuple[str, str], str] = {
    ("mnist", "improved-gan"): "The paper's D, noise and weight norm; trained for less long, and "
    "on one choice of ten images a class.",
    "dcgan": "Ours is smaller and trained for less long, but its D has a class head.",
    "wgan-gp": "Ours is smaller and trained for less long; a critic that moves five times for each "
    "move of G spends a small budget quickly.",
    "sngan": "Ours is smaller, without residual blocks, and trained for less long.",
    "improved-gan": "Ours is trained for less long; batch norm and shifted pictures stand in the "
    "place of the paper's noise and weight norm.",
}


def remark(dataset: str, recipe: str) -> str:
    """Why our figures of a recipe differ from those of its paper."""
    return REMARKS.get((dataset, recipe)) or REMARKS[recipe]
