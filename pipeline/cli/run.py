"""Runs a command: errors become one line, stops become exit codes."""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import click

from ..dataset.errors import LcpipeError, UsageError
from .group import lcpipe

STOPPED = (130, 143)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and exits: 0 done, 1 input or world at fault, 2 usage, 3 below a threshold, 130/143 stopped."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    signal.signal(signal.SIGTERM, _stop)
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")  # it says so when a stop leaves semaphores to it
    answers: list[dict[str, Any]] = []
    code = _run(partial(lcpipe.main, args=_front(given), standalone_mode=False, obj=answers), as_json, answers)
    if code in STOPPED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # workers may be starting or busy; what they hold is not finished work
    sys.exit(code)


def _front(given: list[str]) -> list[str]:
    """Moves `--json`, `-q`, `-v` and `--no-color` to the front, so that they may stand anywhere."""
    own = ("--json", "-q", "--quiet", "-v", "--verbose", "--no-color")
    stop = given.index("--") if "--" in given else len(given)
    return [a for a in given[:stop] if a in own] + [a for a in given[:stop] if a not in own] + given[stop:]


def _run(call: Callable[[], Any], as_json: bool, answers: Sequence[dict[str, Any]]) -> int:
    """Calls a command. What ends one that has answered already, as a server has, is no second JSON object."""
    try:
        return int(call() or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except (LcpipeError, click.ClickException, click.exceptions.Abort, KeyboardInterrupt, _Terminated) as error:
        failure = _failure(error)
    if as_json and not answers:
        click.echo(
            json.dumps({"error": failure.what, "where": failure.where, "hint": failure.hint}, ensure_ascii=False)
        )
    else:
        click.echo(f"error: {failure}", err=True)
    return failure.exit_code


def _failure(error: BaseException) -> LcpipeError:
    """Whatever ended a command, as what is said of it and the code to exit with."""
    if isinstance(error, LcpipeError):
        return error
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message(), hint="see `lcpipe --help`")
    stopped = LcpipeError("stopped; finished work is kept", hint="run the same command again to go on")
    stopped.exit_code = 143 if isinstance(error, _Terminated) else 130
    return stopped


class _Terminated(BaseException):
    """SIGTERM, raised where the program stands so that it can close its files."""


def _stop(number: int, frame: object) -> NoReturn:
    raise _Terminated
