"""What the library calls things, and its errors, in the language that is spoken.

In English these names are the library's own: a data set or a system is named in its own file.
Another language has its names in `library.json`: "title-mnist", "subject-mnist", "system-vae",
"summary-vae".
"""

from demo.text import text, words
from dgm.data import DATASETS, PictureError, Spec, spec
from dgm.systems import RECIPES


def title(dataset: Spec) -> str:
    """What a data set is called, such as "Fashion-MNIST"."""
    return words("library").get(f"title-{dataset.name}", dataset.title)


def subject(dataset: Spec) -> str:
    """What is on its pictures, such as "Clothes"."""
    return words("library").get(f"subject-{dataset.name}", dataset.subject)


def system(recipe: str) -> str:
    """What the system of a recipe is called, such as "Improved GAN"."""
    return words("library").get(f"system-{recipe}", RECIPES[recipe].title)


def summary(recipe: str) -> str:
    """What the system of a recipe is, in a line."""
    return words("library").get(f"summary-{recipe}", RECIPES[recipe].summary)


def words_of(error: ValueError) -> str:
    """What a visitor is told of an error. The library's own words are English; they stand where the
    catalogue has none, of a data set of one's own."""
    if isinstance(error, PictureError) and f"picture-{error.fault}" in words("errors"):
        return text(f"errors.picture-{error.fault}", **error.values)
    return str(error)


def english() -> dict[str, str]:
    """All the names there are, by their keys."""
    sets = [spec(name) for name in DATASETS]
    titles = {f"title-{one.name}": one.title for one in sets}
    subjects = {f"subject-{one.name}": one.subject for one in sets}
    systems = {f"system-{name}": it.title for name, it in RECIPES.items()}
    summaries = {f"summary-{name}": it.summary for name, it in RECIPES.items()}
    return titles | subjects | systems | summaries
