"""Chromium 70, as phones that are no longer updated have it, driven by the Chrome DevTools Protocol over a pipe.

Playwright cannot speak to an engine that old. `.ci/from-npm` fetches it; without it the tests fail, they do not skip.
"""

import base64
import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

PROGRAM = Path(__file__).parents[1] / ".venv" / "npm" / "chromium-70"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
#: The pipe's ends are file descriptors 3 and 4 (Chromium's --remote-debugging-pipe).
WIRED = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null'
PATIENCE_SECONDS = 30.0
MESSAGE_END = b"\0"
WIDTH, HEIGHT = 320, 568


class NoOldEngine(RuntimeError):
    """The old Chromium is not there, or it stopped."""


@dataclass
class OldPhone:
    """One page in the old engine, 320 px wide."""

    process: "subprocess.Popen[bytes]"
    base: str
    _session: str = ""
    _number: int = 0
    _unread: bytearray = field(default_factory=bytearray)

    def go(self, path: str) -> None:
        """Open one of our addresses and wait until it is drawn."""
        self._leave_by("Page.navigate", url=self.base + path)

    def press(self, selector: str) -> None:
        """Press a button or a link, and wait for the page that comes."""
        self._leave_by(
            "Runtime.evaluate",
            expression=f"setTimeout(() => document.querySelector({json.dumps(selector)}).click())",
        )

    def see(self, script: str) -> Any:
        """The value of a JavaScript expression on the page."""
        told = self._ask("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in told:
            raise AssertionError(told["exceptionDetails"])
        return told["result"].get("value")

    def picture(self, left: int = 0, width: int = WIDTH) -> bytes:
        """A PNG of the page, from its top to its end; or of a strip of it."""
        high = self.see("document.documentElement.scrollHeight")
        self._screen(high)
        strip = {"x": left, "y": 0, "width": width, "height": high, "scale": 1}
        data = self._ask("Page.captureScreenshot", format="png", clip=strip)["data"]
        self._screen(HEIGHT)
        return base64.b64decode(data)

    def _screen(self, high: int) -> None:
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH, height=high, deviceScaleFactor=1, mobile=True,
        )  # fmt: skip

    def _open(self) -> None:
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._call("Target.attachToTarget", {"targetId": target})["sessionId"]
        self._ask("Page.enable")
        self._screen(HEIGHT)

    def _leave_by(self, method: str, **how: Any) -> None:
        """Do what leads to another page, and return when that one is loaded."""
        self.see("window.before = true")
        self._ask(method, **how)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(AssertionError):
                if self.see("!window.before && document.readyState === 'complete'"):
                    return
            time.sleep(0.02)
        raise NoOldEngine("no new page came")

    def _ask(self, method: str, **how: Any) -> dict[str, Any]:
        """One command to the page. This engine still wraps them in messages to their target."""
        self._number += 1
        wanted = self._number
        inner = {"id": wanted, "method": method, "params": how}
        self._send(
            "Target.sendMessageToTarget",
            {"sessionId": self._session, "message": json.dumps(inner)},
        )
        for message in self._messages():
            if message.get("method") != "Target.receivedMessageFromTarget":
                continue
            answer = json.loads(message["params"]["message"])
            if answer.get("id") == wanted:
                return _result(answer)
        raise NoOldEngine(f"no answer to {method}")

    def _call(self, method: str, how: dict[str, Any]) -> dict[str, Any]:
        wanted = self._send(method, how)
        for message in self._messages():
            if message.get("id") == wanted:
                return _result(message)
        raise NoOldEngine(f"no answer to {method}")

    def _send(self, method: str, how: dict[str, Any]) -> int:
        self._number += 1
        words = json.dumps({"id": self._number, "method": method, "params": how})
        assert self.process.stdin
        self.process.stdin.write(words.encode() + MESSAGE_END)
        self.process.stdin.flush()
        return self._number

    def _messages(self) -> Iterator[dict[str, Any]]:
        """What the engine says, until it ends, or says nothing for too long."""
        assert self.process.stdout
        says = self.process.stdout.fileno()
        while True:
            whole, end, rest = bytes(self._unread).partition(MESSAGE_END)
            if end:
                self._unread[:] = rest
                yield json.loads(whole)
                continue
            ready, _, _ = select.select([says], [], [], PATIENCE_SECONDS)
            more = os.read(says, 1 << 20) if ready else b""
            if not more:
                return
            self._unread += more


def _result(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise AssertionError(answer["error"])
    result: dict[str, Any] = answer["result"]
    return result


@contextlib.contextmanager
def old_phone(base: str) -> Iterator[OldPhone]:
    """A person with an old phone at `base`. Raises `NoOldEngine`."""
    if not PROGRAM.exists():
        raise NoOldEngine("there is no old Chromium; .ci/from-npm fetches it")
    process = subprocess.Popen(
        ["sh", "-c", WIRED, "sh", str(PROGRAM), *FLAGS],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        phone = OldPhone(process, base)
        phone._open()
        yield phone
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for end in (process.stdin, process.stdout):
            assert end
            _close(end)


def _close(end: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        end.close()
