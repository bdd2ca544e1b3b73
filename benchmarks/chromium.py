"""A Chromium whose pages are told nothing and asked little: watching costs what is measured.

Playwright has the browser report each request and each frame of a WebSocket: a third of the time to
the first picture.
"""

import json
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import psutil
from websockets.sync.client import connect

from tests.chromium import ARGUMENTS, CHROMIUM
from tests.waiting import eventually

WIDTH, HEIGHT = 1440, 900
POLL_S = 0.1


class Chromium:
    """The browser, as a process without a window: ``with Chromium() as chromium:``."""

    def __enter__(self) -> Self:
        assert CHROMIUM is not None
        self._stack = ExitStack()
        profile = self._stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        options = ["--headless", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        self._process = subprocess.Popen(
            [CHROMIUM, *ARGUMENTS, *options, "about:blank"], stderr=subprocess.DEVNULL
        )
        self._stack.callback(self._end)
        told = Path(profile) / "DevToolsActivePort"
        eventually(lambda: told.exists() and len(told.read_text().splitlines()) == 2)
        port, path = told.read_text().splitlines()
        address = f"ws://127.0.0.1:{port}{path}"
        self._socket = self._stack.enter_context(connect(address, max_size=None))
        self._asked = 0
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()

    def call(self, method: str, tab: str | None = None, **parameters: object) -> dict[str, Any]:
        """What the DevTools protocol answers; *tab* is one of its sessions."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        self._socket.send(json.dumps(message if tab is None else {**message, "sessionId": tab}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._asked:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def renderers_s(self) -> float:
        """Processor time of all renderers; one of them has the page, the others wait."""
        found = self.call("SystemInfo.getProcessInfo")["processInfo"]
        pids = [each["id"] for each in found if each["type"] == "renderer"]
        times = [psutil.Process(pid).cpu_times() for pid in pids]
        return sum(each.user + each.system for each in times)


class Tab:
    """An empty page of a browser that has never seen any: ``with Tab(chromium, script) as tab:``.

    Args:
        script: Runs in each page before its own.
    """

    def __init__(self, chromium: Chromium, script: str) -> None:
        self._chromium = chromium
        self._script = script

    def __enter__(self) -> Self:
        call = self._chromium.call
        self._context = call("Target.createBrowserContext")["browserContextId"]
        target = call(
            "Target.createTarget",
            url="about:blank",
            browserContextId=self._context,
            width=WIDTH,
            height=HEIGHT,
        )["targetId"]
        self._session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=self._script)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._chromium.call("Target.disposeBrowserContext", browserContextId=self._context)

    def open(self, url: str) -> None:
        """Begin to load a page."""
        self._call("Page.navigate", url=url)

    def reload(self) -> None:
        """Begin to load the page again."""
        self._call("Page.reload")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or of its promise."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, condition: str, timeout_s: float) -> None:
        """Return when the JavaScript expression is true."""
        end_s = time.monotonic() + timeout_s
        while not self.evaluate(condition):
            assert time.monotonic() < end_s, condition
            time.sleep(POLL_S)

    def heap_mb(self) -> float:
        """What the page's objects take after a collection, in MB."""
        self._call("HeapProfiler.collectGarbage")
        used: float = self._call("Runtime.getHeapUsage")["usedSize"]
        return used / 1e6

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        return self._chromium.call(method, self._session, **parameters)
