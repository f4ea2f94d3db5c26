"""What the page asks of the library: names, numbers and pictures in, numpy arrays out.

The only package of the page that knows `dgm`. Everything here may be called from several threads,
and everything that a visitor sent is checked here: what does not fit raises ValueError with words
that can be shown to the visitor.
"""

from pathlib import Path

from demo.service.datasets import Datasets
from demo.service.drawing import Drawing, warm_sheets
from demo.service.neighbours import Neighbours
from demo.service.placing import Placing, warm_encoder
from demo.service.reading import Reader, warm_reasons, warm_ways
from demo.service.shelf import Shelf, warm_single
from demo.service.trust import Trust, warm_attacks


class Service:
    """All that the page can ask, in parts that stand on one another:

    - `shelf`: the runs there are, their curves, and their models, loaded when first asked for;
    - `datasets`: the pictures of data sets, and pictures from outside as a data set has them;
    - `reading`: what models say of a picture, and why;
    - `trust`: their mistakes, and pictures made harder to read;
    - `drawing`: pictures of points in latent space, and of ways between them;
    - `placing`: where pictures lie in a latent space, one alone or many on a map;
    - `neighbours`: the training pictures nearest to a picture.

    Each keeps what it found, and guards it by locks of its own.
    """

    def __init__(self, *roots: Path, num_kept: int = 40):
        """roots, num_kept: see `Shelf`."""
        self.shelf = Shelf(*roots, num_kept=num_kept)
        self.datasets = Datasets()
        self.reading = Reader(self.shelf, self.datasets)
        self.trust = Trust(self.shelf, self.datasets)
        self.drawing = Drawing(self.shelf)
        self.placing = Placing(self.shelf, self.datasets, self.reading)
        self.neighbours = Neighbours(self.shelf, self.datasets, self.drawing)

    def warm_up(self) -> None:
        """Load the shipped models and compile what the page calls, so that no visitor waits for it.

        To be run in the background: it stands back while visitors are being answered.
        """
        # What the bars and the Generate tab need of all models, before the reasons of any.
        self.shelf.warm_up(
            (warm_single, warm_sheets), (warm_ways, warm_encoder, warm_reasons, warm_attacks)
        )
