"""Official files of a data set: downloaded once, checked each time they are read, and cached.

pooch, which does the like, neither goes on with a download that was cut, nor tries a second mirror,
nor checks what a .gz holds.
"""

import contextlib
import dataclasses
import errno
import gzip
import hashlib
import http.client
import os
import tarfile
import tempfile
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs
from tqdm import tqdm

_TIMEOUT = 20  # seconds without a byte before an address is given up
# Of what went wrong in a download, what lies at this end.
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
_TRIES = 5  # of one address, as long as each try brings something


def cache_folder() -> Path:
    """Where what is downloaded or computed once is kept: `$DGM_CACHE_DIR`, else the system's."""
    return Path(os.environ.get("DGM_CACHE_DIR") or platformdirs.user_cache_dir("dgm")).expanduser()


class DataUnavailableError(RuntimeError):
    """The official files are not there, cannot be fetched, or are not the official ones."""


@dataclasses.dataclass(frozen=True)
class File:
    """One official file."""

    name: str  # below the folder of its data set; what is downloaded, also below a mirror's address
    # Of the uncompressed content of a .gz (packing it again changes nothing that is trained on), of
    # the file itself otherwise.
    md5: str
    # Bytes that are downloaded; a mirror that packs it anew sends a little more or less. 0 of a
    # file that comes in an archive.
    num_bytes: int = 0


def _ignore(file: str, num_bytes: int) -> None:
    """Nobody follows the download."""


@dataclasses.dataclass(frozen=True)
class OfficialFiles:
    """The files of one data set, and where they are downloaded from."""

    name: str  # of the data set, and of the folder with its files
    mirrors: tuple[str, ...]  # addresses of folders, each ending in "/"; the first is asked first
    splits: Mapping[str, tuple[File, ...]]  # what "train" and "test" are read from
    archive: File | None = None  # a .tar.gz of all these files, where they come in one

    def read(self, split: str, data_dir: str | Path | None = None) -> list[bytes]:
        """The contents of a split's files, uncompressed, downloaded first where need be.

        Args:
            data_dir: a folder that holds the files as `DATASET/FILE`; default `$DGM_DATA_DIR`.
                Without either they are kept in the cache.

        Raises:
            DataUnavailableError: files missing, damaged, or not to be fetched.
        """
        data_dir = data_dir or os.environ.get("DGM_DATA_DIR")
        if data_dir:
            return self._read_data_dir(Path(data_dir).expanduser(), self.splits[split])
        return [self._read_cache(file) for file in self.splits[split]]

    def are_at_hand(self, split: str, data_dir: str | Path | None = None) -> bool:
        """Whether `read` would find all files of a split without a download."""
        root = Path(data_dir or os.environ.get("DGM_DATA_DIR") or cache_folder()).expanduser()
        return all((root / self.name / file.name).is_file() for file in self.splits[split])

    def fetched(self, split: str) -> tuple[File, ...]:
        """What is downloaded for a split."""
        return (self.archive,) if self.archive else self.splits[split]

    def download(self, split: str, progress: Callable[[float], None]) -> None:
        """Fetch a split's files into the cache, see `registry.download`."""
        came = {file.name: 0 for file in self.fetched(split)}
        total = sum(file.num_bytes for file in self.fetched(split))

        def note(name: str, num_bytes: int) -> None:
            came[name] = num_bytes
            progress(min(1.0, sum(came.values()) / total))

        for file in self.splits[split]:
            self._read_cache(file, note)

    def _read_data_dir(self, root: Path, files: tuple[File, ...]) -> list[bytes]:
        """Contents of the user's own copies, which are never replaced, be they missing or wrong."""
        paths = [root / self.name / file.name for file in files]
        missing = [str(path) for path in paths if not path.is_file()]
        if missing:
            raise DataUnavailableError(
                f"{root} lacks files of {self.name}:\n  " + "\n  ".join(missing) + "\n"
                f"--data-dir and DGM_DATA_DIR name a folder that holds them as "
                f"{self.name}/{files[0].name}; unset both to have the files downloaded."
            )
        contents = []
        for file, path in zip(files, paths, strict=True):
            content, md5 = _read(path)
            if md5 != file.md5:
                raise DataUnavailableError(
                    f"{path} is not the official file: expected md5 {file.md5}"
                    f"{' of the content' if file.name.endswith('.gz') else ''}, found {md5}. "
                    "Delete it and copy it again, or unset --data-dir and DGM_DATA_DIR to have it "
                    "downloaded."
                )
            contents.append(content)
        return contents

    def _read_cache(self, file: File, note: Callable[[str, int], None] = _ignore) -> bytes:
        """Content of a file in the cache; fetched when it is missing or wrong.

        note: called with a downloaded file's name and how many bytes of it have come.
        """
        path = cache_folder() / self.name / file.name
        if path.is_file():
            content, md5 = _read(path)
            if md5 == file.md5:
                return content
            path.unlink(missing_ok=True)
        try:
            self._fill_cache(file, note)
        except OSError as error:  # what a server does wrong is in the error of `_download`
            raise DataUnavailableError(
                f"{file.name} of {self.name} cannot be stored: {error}. "
                "DGM_CACHE_DIR names another folder."
            ) from error
        content, md5 = _read(path)
        if md5 != file.md5:
            raise DataUnavailableError(f"{path} changed on disk as it was read: is the disk full?")
        return content

    def _fill_cache(self, file: File, note: Callable[[str, int], None]) -> None:
        """Download a file, and those that come with it, into the cache."""
        folder = cache_folder() / self.name
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        # A folder of its own for each download: two processes may want the same file at once.
        with tempfile.TemporaryDirectory(prefix="download-", dir=folder) as temporary:
            path = self._download(self.archive or file, Path(temporary), note)
            if self.archive:
                members = [member.name for files in self.splits.values() for member in files]
                with tarfile.open(path) as tar:
                    tar.extractall(temporary, [tar.getmember(m) for m in members], filter="data")
            else:
                members = [file.name]
            for member in members:
                os.replace(Path(temporary) / member, folder / member)

    def _download(self, file: File, folder: Path, note: Callable[[str, int], None]) -> Path:
        """Fetch a file into `folder` from the first mirror that gives the right one."""
        path, failures = folder / file.name, []
        for mirror in self.mirrors:
            url = mirror + file.name
            path.unlink(missing_ok=True)
            for _ in range(_TRIES):
                before = path.stat().st_size if path.exists() else 0
                try:
                    fetch(url, path, note)
                except (OSError, EOFError, http.client.HTTPException) as error:
                    if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
                        raise  # no other address will help
                    failures.append(f"{url}: {error}")
                    if not path.exists() or path.stat().st_size <= before:
                        break  # nothing more comes from here
                    continue
                md5 = _read(path)[1]
                if md5 == file.md5:
                    return path
                failures.append(f"{url}: wrong content, md5 {md5}, not {file.md5}")
                break
        expected = [f"{self.name}/{file.name}" for files in self.splits.values() for file in files]
        raise DataUnavailableError(
            f"could not download {file.name} of {self.name}: is there a network? Tried:\n  "
            + "\n  ".join(failures)
            + "\nWithout a network, put the official files into a folder and name it with "
            "--data-dir or DGM_DATA_DIR; expected in it:\n  "
            + "\n  ".join(expected)
            + "\nThe data sets 'shapes' and 'digits' need no download."
        )


def _read(path: Path) -> tuple[bytes, str]:
    """(content, md5) of a file, uncompressed if it is a .gz; md5 "(reason)" if damaged."""
    content = path.read_bytes()
    if path.suffix == ".gz" and not path.name.endswith(".tar.gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            return b"", f"({error or 'damaged'})"
    return content, hashlib.md5(content, usedforsecurity=False).hexdigest()


def fetch(url: str, path: Path, note: Callable[[str, int], None]) -> None:
    """Download `url` to `path`, going on where an earlier try was cut.

    Raises:
        OSError: no answer, an HTTP error, no room on the disk.
        EOFError: the connection ended before the file did.
    """
    start = path.stat().st_size if path.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with contextlib.ExitStack() as stack:
        response = stack.enter_context(urllib.request.urlopen(request, timeout=_TIMEOUT))
        if response.status != 206:  # this server sends the whole file whatever is asked
            start = 0
        total = start + int(response.headers["Content-Length"] or 0)
        bar = tqdm(total=total or None, initial=start, unit="B", unit_scale=True, disable=None)
        bar.set_description(path.name)
        stack.enter_context(bar)
        out = stack.enter_context(path.open("ab" if start else "wb"))
        while chunk := response.read(1 << 16):
            out.write(chunk)
            bar.update(len(chunk))
            note(path.name, out.tell())
        if out.tell() < total:
            raise EOFError(f"connection cut after {out.tell():,} of {total:,} bytes")
