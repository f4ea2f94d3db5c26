"""What the page asks of the library: names, numbers and pictures in, numpy arrays out.

The rest of the page uses only `dgm.viz` of the library. Everything here may be called from several
threads, and everything that a visitor sent is checked here: what does not fit raises ValueError
with words that can be shown to the visitor.
"""

from pathlib import Path

from demo.service.classification import Classification, warm_classification
from demo.service.datasets import Datasets
from demo.service.explanation import Explanation, warm_explanations
from demo.service.generation import Generation, warm_batches
from demo.service.inversion import Inversion, warm_encoder
from demo.service.latent_map import LatentMaps
from demo.service.latent_points import LatentPoints
from demo.service.live_training import LiveTrainings
from demo.service.model_store import ModelStore, warm_single
from demo.service.neighbours import Neighbours
from demo.service.reliability import Reliability, warm_attacks


class Service:
    """All that the page can ask, in parts that build on one another:

    - `models`: the runs there are, their curves, and their models, loaded when first asked for;
    - `datasets`: the pictures of data sets, and pictures from outside as a data set has them;
    - `classification`: predictions for a picture;
    - `explanation`: the reasons of a prediction;
    - `reliability`: mistakes on test pictures, and predictions for corrupted pictures;
    - `latent_points`: the latent vectors that sliders set, and the directions they lead along;
    - `generation`: pictures of points in latent space, and of paths between them;
    - `inversion`: the latent vector of a picture;
    - `latent_maps`: maps of a latent space;
    - `neighbours`: the training pictures nearest to a picture;
    - `trainings`: what visitors train, each in a process of its own.

    Each keeps what it computed, and guards it by locks of its own.
    """

    def __init__(self, *roots: Path, num_kept: int = 40):
        """roots, num_kept: see `ModelStore`."""
        self.models = ModelStore(*roots, num_kept=num_kept)
        self.datasets = Datasets()
        self.classification = Classification(self.models, self.datasets)
        self.explanation = Explanation(self.models, self.datasets, self.classification)
        self.reliability = Reliability(self.models, self.datasets)
        self.latent_points = LatentPoints()
        self.generation = Generation(self.models, self.latent_points)
        self.inversion = Inversion(self.models, self.datasets, self.classification)
        self.latent_maps = LatentMaps(self.models, self.datasets)
        self.neighbours = Neighbours(self.models, self.datasets, self.generation)
        self.trainings = LiveTrainings()

    def warm_up(self) -> None:
        """Load the shipped models and compile what the page calls, so that no visitor waits for it.

        To be run in the background: it pauses while visitors send requests.
        """
        # What the bars and the Generate tab need of all models, before the reasons of any.
        self.models.warm_up(
            (warm_single, warm_batches),
            (warm_classification, warm_encoder, warm_explanations, warm_attacks),
        )
