"""A real browser (Chromium, headless) that opens a page from disk and tells what it saw.

It is driven over a pipe by the DevTools protocol, so that nothing listens on the network and the page itself needs no
script. What the judge catches is proved in ``test_report_browser.py`` on broken pages.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PHONE_PX = 390
_TIMEOUT_S = 120.0
_PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
_PROBE = """
(() => {
  const images = [...document.images];
  return {
    images: images.length,
    broken: images.filter(i => !(i.complete && i.naturalWidth > 0 && i.naturalHeight > 0)).length,
    unnamed: images.filter(i => !i.alt).length,
    scripts: document.scripts.length,
    scroll: document.documentElement.scrollWidth,
    wide: [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length,
    title: document.title,
    text: document.body.innerText,
    first: document.querySelector('#first') ? document.querySelector('#first').getBoundingClientRect().height : 0,
  };
})()
"""


@dataclass(frozen=True)
class Seen:
    """What the browser saw at one width of its window.

    ``broken`` are pictures without a size, ``scroll_px`` is how wide the page would have to be, ``wide`` counts
    elements that stick out on the right, ``console`` holds errors and warnings, ``requests`` every address but the
    page's own and data inside it.
    """

    images: int
    broken: int
    unnamed: int
    scripts: int
    scroll_px: int
    wide: int
    title: str
    text: str
    console: tuple[str, ...]
    requests: tuple[str, ...]


def look_at(path: Path, *, width: int = PHONE_PX) -> Seen:
    """Open a page in a window of this width."""
    with _Browser() as browser:
        browser.open(path, width)
        found = browser.call("Runtime.evaluate", expression=_PROBE, returnByValue=True)["result"]["value"]
        own = path.resolve().as_uri()
        addresses = [
            event["params"]["request"]["url"]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return Seen(
            images=found["images"],
            broken=found["broken"],
            unnamed=found["unnamed"],
            scripts=found["scripts"],
            scroll_px=found["scroll"],
            wide=found["wide"],
            title=found["title"],
            text=found["text"],
            console=tuple(_complaints(browser.events)),
            requests=tuple(url for url in addresses if url != own and not url.startswith("data:")),
        )


def printed(path: Path, paper: str) -> list[str]:
    """Print a page to PDF and return the text of each sheet, as ``pdftotext`` reads it."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed (poppler-utils)")
    with _Browser() as browser, tempfile.TemporaryDirectory() as folder:
        browser.open(path, 1000)
        wide, high = _PAPERS[paper]
        answer = browser.call("Page.printToPDF", paperWidth=wide, paperHeight=high, printBackground=True)
        file = Path(folder) / "page.pdf"
        file.write_bytes(base64.b64decode(answer["data"]))
        text = subprocess.run([program, "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    return text.split("\f")[:-1]


def _complaints(events: list[dict[str, Any]]) -> list[str]:
    out = []
    for event in events:
        params = event["params"]
        if event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            out.append(params["entry"]["text"])
        elif event["method"] == "Runtime.exceptionThrown":
            out.append(str(params["exceptionDetails"]))
        elif event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            out.append(str(params["args"]))
        elif event["method"] == "Audits.issueAdded" and "contentSecurityPolicy" in json.dumps(params):
            out.append(json.dumps(params))
    return out


class _Browser:
    """Chromium with its DevTools on two pipes; messages are JSON, ended by a zero byte."""

    def __init__(self) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            pytest.skip("chromium is not installed")
        self.events: list[dict[str, Any]] = []
        self._folder = tempfile.mkdtemp(prefix="printprep-browser-")
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._in, self._out = ours_in, ours_out
        words = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
            f"--user-data-dir={self._folder}", "--remote-debugging-pipe", "about:blank",
        ]  # fmt: skip
        shell = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'  # the browser reads from 3 and writes to 4
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "browser", str(theirs_in), str(theirs_out), *words],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._rest = b""
        self._number = 0
        self._session: str | None = None

    def __enter__(self) -> _Browser:
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for room in ("Page", "Network", "Log", "Runtime", "Audits"):
            self.call(f"{room}.enable")
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()  # it has nothing to save, and asked politely it may wait for the network
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._folder, ignore_errors=True)

    def open(self, path: Path, width: int) -> None:
        """Load a page and wait until it is there, pictures and all."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._read()
        self.call("Runtime.evaluate", expression="Promise.allSettled([...document.images].map(i => i.decode()))",
                  awaitPromise=True)  # fmt: skip

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser, and return its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer is not None and answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"the browser refused {method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> dict[str, Any] | None:
        """Read one message; events are kept."""
        end = time.monotonic() + _TIMEOUT_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(end - time.monotonic(), 0.0))
            chunk = os.read(self._in, 1 << 20) if ready else b""
            if not chunk:
                raise AssertionError("the browser did not answer")
            self._rest += chunk
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self.events.append(message)
            return None
        return message
