"""Work in the background, each job in a thread of its own, and how far it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PATIENCE = 5  # seconds after which a job that nobody asks about any more is given up


class _Unwanted(Exception):
    """Nobody waits for the job any more."""


@dataclass
class Job:
    """Work in the background, and how far it is."""

    share: float = 0.0  # that is done
    error: str = ""  # why it failed
    is_over: bool = False
    asked: float = field(default_factory=time.monotonic)  # when anybody last asked about it

    def begin(self, work: Callable[..., None], *args) -> None:
        """Start the work in a thread; its error, if any, is kept in the job."""
        threading.Thread(target=self._do, args=(work, *args), daemon=True).start()

    def _do(self, work: Callable[..., None], *args) -> None:
        try:
            work(*args)
        except _Unwanted:
            pass
        except Exception as error:  # a thread has no caller to raise it to
            self.error = str(error)
        self.is_over = True

    def end_if_unwanted(self) -> None:
        """Called by the work itself, which ends here once nobody has asked about it for a while."""
        if time.monotonic() - self.asked > PATIENCE:
            raise _Unwanted
