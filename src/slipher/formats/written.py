"""A file for HDF5 to write that says what the system said.

HDF5 that cannot write its last bytes neither lets go of its file nor says why, and complains again when Python ends.
"""

import io
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Written"]


class Written(io.FileIO):
    """A new file for ``h5py.File``; after the first error of the system nothing more is written.

    Args:
        path: where it shall lie; a file that lies there is emptied.

    Raises:
        OSError: if it cannot be opened; from ``write`` too, once only, so that HDF5 can close; and from the end of the
            ``with``, of a file that could not be made as long as it is: HDF5 takes no error for an answer to that.
    """

    # HDF5 goes on while the first error still stands, which Python takes for its own where it must look a method up in
    # the class above: the error would become one of a method that is not there
    flush, seek, tell, readinto = io.FileIO.flush, io.FileIO.seek, io.FileIO.tell, io.FileIO.readinto

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self._failed = False
        self._too_long: OSError | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is None and self._too_long is not None:
            raise self._too_long

    def write(self, data: Any) -> int:
        """Write all bytes, be there room for a part of them or not."""
        view = memoryview(data)
        try:
            while view and not self._failed:
                view = view[super().write(view) :]
        except OSError:
            self._failed = True
            raise
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """End the file here, or after so many bytes."""
        try:
            return self.tell() if self._failed else super().truncate(size)
        except OSError as error:
            self._failed, self._too_long = True, error
            return self.tell()
