"""Every error that a user may meet, as one tree.

    LcpipeError            the input or the world is at fault: exit code 1, one line
    ├── UsageError         the command was called wrongly: exit code 2
    ├── RecipeError        a recipe, preset or protocol is not valid
    ├── PictureError       a picture cannot be used; carries its drop reason
    ├── DatasetError       a packed dataset is not what it says
    ├── StorageError       reading or writing failed: no space, no permission, gone
    ├── FetchError         a host did not give what a source asked it for; carries the reason and the HTTP status
    ├── WeightsError       a file of weights is missing or not what it should be
    ├── RunError           a training run cannot start or go on
    └── ThresholdError     done, but below a threshold: exit code 3

An error has three parts: what happened, where, and what to do about it.
"""


class LcpipeError(Exception):
    """Base of all errors shown to users as one line: `what` (`where`); `hint` says what to do."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        advice = f": {self.hint}" if self.hint else ""
        return f"{self.what}{place}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; keyword-only parts would otherwise be lost there.
        return _rebuild, (type(self), self.what, dict(self.__dict__))


class UsageError(LcpipeError):
    """The command was called wrongly."""

    exit_code = 2


class RecipeError(LcpipeError):
    """A recipe, preset or protocol is not valid."""


class PictureError(LcpipeError):
    """A picture cannot be used; `reason` is its entry in the drop table."""

    def __init__(self, what: str, *, reason: str, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.reason = reason


class DatasetError(LcpipeError):
    """A packed dataset is not what it says."""


class StorageError(LcpipeError):
    """Reading or writing failed."""


class FetchError(LcpipeError):
    """A host did not give what was asked for; `reason` is in the closed list, `status` the HTTP code where one came."""

    def __init__(self, what: str, *, reason: str, status: int | None = None, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.reason = reason
        self.status = status


class WeightsError(LcpipeError):
    """A file of weights is missing or not what it should be."""


class RunError(LcpipeError):
    """A training run cannot start or go on."""


class ThresholdError(LcpipeError):
    """The work is done, but its result is below a threshold."""

    exit_code = 3


def _rebuild(kind: type[LcpipeError], what: str, parts: dict[str, object]) -> LcpipeError:
    error = kind.__new__(kind)
    Exception.__init__(error, what)
    error.__dict__.update(parts)
    return error
