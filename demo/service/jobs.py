"""What goes on in the background, each in a thread of its own, and how it stands."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PATIENCE = 5  # seconds after which a job that nobody asks about any more is given up


class _Unwanted(Exception):
    """Nobody waits for it any more."""


@dataclass
class Job:
    """How something stands that goes on in the background."""

    share: float = 0.0  # of it that is done
    error: str = ""  # why it failed
    is_over: bool = False
    asked: float = field(default_factory=time.monotonic)  # when anybody last asked about it

    def begin(self, work: Callable[..., None], *args) -> None:
        """Have it done; whoever looks at the job sees how far it is, and what went wrong."""
        threading.Thread(target=self._do, args=(work, *args), daemon=True).start()

    def _do(self, work: Callable[..., None], *args) -> None:
        try:
            work(*args)
        except _Unwanted:
            pass
        except Exception as error:  # a thread has nobody else to tell it to
            self.error = str(error)
        self.is_over = True

    def end_if_unwanted(self) -> None:
        """Called by the work itself, which ends here once nobody has asked about it for long."""
        if time.monotonic() - self.asked > PATIENCE:
            raise _Unwanted
