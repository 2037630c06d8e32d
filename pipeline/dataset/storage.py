"""Reading and writing through fsspec: whole files appear at once or not at all.

Locally a file is written under a unique temporary name, synced and renamed; on an object store one PUT does the same.
"""

import errno
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from .errors import StorageError

_ADVICE = {
    errno.ENOSPC: ("no space left", "free some space and run the same command again; finished work is kept"),
    errno.EDQUOT: ("disk quota exceeded", "free some space and run the same command again; finished work is kept"),
    errno.EACCES: ("no permission", "check the owner and mode of the path"),
    errno.EROFS: ("the file system is read-only", "choose another place"),
    errno.ENOENT: ("no such file or folder", "check the path"),
}
# The libraries behind object stores raise errors of their own, which are no operating system's.
_STORES = frozenset(
    "aiobotocore aiohttp botocore gcsfs google hf_xet httpcore httpcore2 httpx httpx2 huggingface_hub requests s3fs"
    " urllib3".split()
)
_SERVED_BY = {"gcs": "gcsfs", "gs": "gcsfs", "hf": "huggingface_hub", "s3": "'lcpipe[s3]'", "s3a": "'lcpipe[s3]'"}


def filesystem(uri: str) -> tuple[Any, str]:
    """The fsspec file system of a path or URI, and the path on it.

    Raises StorageError for a scheme that is unknown, whose package is not installed, or whose server is not there.
    """
    try:
        with storage_errors(uri):  # some connect at once, as ftp:// does
            fs, path = fsspec.core.url_to_fs(uri)
    except ImportError as error:
        package = _SERVED_BY.get(uri.split(":")[0])
        hint = f"run `pip install {package}`" if package else f"install the package that serves it ({error})"
        raise StorageError("nothing is installed that serves this address", where=uri, hint=hint) from None
    except ValueError as error:
        hint = "give a folder, or an address such as s3://bucket/folder"
        raise StorageError(f"cannot open the address: {error}", where=uri, hint=hint) from None
    return fs, str(path)


def is_local(fs: Any) -> bool:
    """True for the local disk, where files can be memory-mapped."""
    return isinstance(fs, LocalFileSystem)


def join(root: str, *parts: str) -> str:
    """Path parts joined by slashes, for local paths and URIs alike."""
    return "/".join([str(root).rstrip("/"), *parts])


def is_inside(path: str) -> bool:
    """False for a path that leads out of the dataset's folder, or nowhere."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


@contextmanager
def storage_errors(where: str) -> Iterator[None]:
    """Turns an operating system's error into one line that says what to do."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        bare = isinstance(error, FileNotFoundError) and where.endswith(said)  # stores only repeat the path
        unnamed = f"cannot read or write: {said}", "check the path"
        what, hint = _ADVICE.get(errno.ENOENT if bare else error.errno or 0, unnamed)
        raise StorageError(what, where=where, hint=hint) from error
    except Exception as error:
        if type(error).__module__.split(".")[0] not in _STORES:
            raise
        said = (str(error).splitlines() or [type(error).__name__])[0][:300]
        hint = "check the address, the credentials and the network, then run the same command again"
        raise StorageError(f"the store refused: {said}", where=where, hint=hint) from error


@contextmanager
def atomic_writer(uri: str, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """A binary file that appears under `uri` when the block ends without an error, whole and synced.

    Without `durable` the disk is not waited for: that suits many small files for which something later vouches.
    Raises StorageError when there is no space or no permission; a failed write leaves nothing behind.
    """
    fs, path = filesystem(uri)
    if not is_local(fs):
        # Closing a file of a store publishes it, also when an error left it half written: so it is written here first.
        with storage_errors(uri), tempfile.NamedTemporaryFile(prefix="lcpipe-") as file:
            yield cast(IO[bytes], file)
            file.flush()
            fs.put_file(file.name, path)
        return
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    with storage_errors(uri):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)


def write_bytes(uri: str, data: bytes, *, durable: bool = True) -> None:
    """Writes a whole file atomically. Raises StorageError."""
    with atomic_writer(uri, durable=durable) as file:
        file.write(data)


def names(uri: str) -> list[str]:
    """What lies directly in a folder, by name, sorted; nothing where there is no such folder. Raises StorageError."""
    fs, path = filesystem(uri)
    with storage_errors(uri):
        found = fs.ls(path, detail=False) if fs.isdir(path) else []
    return sorted(str(one).rstrip("/").rsplit("/", 1)[-1] for one in found)


def read_bytes(uri: str) -> bytes:
    """Reads a whole file. Raises StorageError."""
    fs, path = filesystem(uri)
    with storage_errors(uri):
        return bytes(fs.cat_file(path))
