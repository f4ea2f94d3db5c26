"""A training in a process of its own, steered from here: a page or a notebook never waits."""

import contextlib
import secrets
import subprocess
import sys
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from dgm.systems import Config
from dgm.training.reports import Failed, Report


class RemoteTraining:
    """A process that trains at low priority.

    It ends with `close`, and by itself where the process that has this object is gone. It takes
    seconds to import all it needs: one that was made before it is needed is ready at once.

    Raises:
        RuntimeError: the process ended before it was ready.
    """

    def __init__(self):
        self._sending = threading.Lock()
        key = secrets.token_bytes(32)
        with Listener(authkey=key) as listener:
            # The socket has no name that others could guess, and wants the key besides.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dgm.training.worker", str(listener.address)],
                stdin=subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
            assert self._process.stdin
            self._process.stdin.write(key)
            self._process.stdin.close()
            self._connection = self._accept(listener)

    def _accept(self, listener: Listener) -> Connection:
        """The process's call. One that has ended makes none, and `accept` would wait for ever."""
        is_here = threading.Event()

        def call_instead() -> None:
            code = self._process.wait()
            if not is_here.is_set():
                with contextlib.suppress(OSError, EOFError, AuthenticationError):
                    Client(listener.address, authkey=f"ended with code {code}".encode()).close()

        threading.Thread(target=call_instead, daemon=True).start()
        try:
            connection = listener.accept()
        except (OSError, EOFError, AuthenticationError):
            raise RuntimeError(f"the process ended with code {self._process.wait()}") from None
        is_here.set()
        return connection

    # --- commands --------------------------------------------------------------------------------

    def start(
        self, config: Config, *, num_images: int | None = None, data_dir: Path | None = None
    ) -> None:
        """Build what is to be trained; a first report follows. num_images: of the data set's, to
        train on; None for all."""
        self._send("start", config=config, num_images=num_images, data_dir=data_dir)

    def play(self) -> None:
        """Step until it is told to pause."""
        self._send("play")

    def pause(self) -> None:
        """Step no further, and report."""
        self._send("pause")

    def step(self, player: str = "", num: int = 1) -> None:
        """Pause after so many steps, of "generator" or "discriminator" alone or of all ("")."""
        self._send("step", player=player, num=num)

    def change(self, **settings: Any) -> None:
        """Other settings from here on, see `Trainer.change`."""
        self._send("change", settings=settings)

    def save(self, folder: Path) -> None:
        """Write a released model into a folder; the folder itself is reported when it is done."""
        self._send("save", folder=folder)

    def _send(self, command: str, **values: Any) -> None:
        # Several threads may send; where the process has ended, `receive` says so.
        with self._sending, contextlib.suppress(OSError):
            self._connection.send((command, values))

    # --- reports ---------------------------------------------------------------------------------

    def receive(self, timeout: float = 0.0) -> Report | Failed | Path | None:
        """The next of what it reports; None where there is nothing within so many seconds."""
        try:
            return self._connection.recv() if self._connection.poll(timeout) else None
        except (EOFError, OSError):
            return Failed("crashed", f"the process ended with code {self._process.wait()}")

    def close(self, timeout: float = 2.0) -> None:
        """End the process, by force where it does not end by itself."""
        self._send("end")
        self._connection.close()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
