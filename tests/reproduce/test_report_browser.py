"""The page of the report in a real browser: Chromium without a window, driven over a pipe."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.patience import PATIENCE_S

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ROOT = Path(__file__).resolve().parents[2]
CHART = "chart-curves-figure1-paper-success_any"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="NO BROWSER: apt install chromium to test the page")
]


class Browser:
    """The DevTools protocol over file descriptors 3 (to the browser) and 4 (from it)."""

    def __init__(self, profile: Path) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        far = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (theirs_in, theirs_out)]

        def at_3_and_4() -> None:
            os.dup2(far[0], 3)
            os.dup2(far[1], 4)

        assert CHROMIUM is not None
        flags = (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-sync",
            "--disable-component-update",
            "--hide-scrollbars",
            "--window-size=1280,1000",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        )
        self.process = subprocess.Popen(
            [CHROMIUM, *flags, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=at_3_and_4,
            pass_fds=(3, 4),
        )
        for fd in (theirs_in, theirs_out, *far):
            os.close(fd)
        self._in, self._out = ours_in, ours_out
        self._buffer, self._number, self.session = b"", 0, ""
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = os.read(self._in, 1 << 20)
            assert chunk, "the browser has gone"
            self._buffer += chunk
        text, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(text)

    def open(self, page: Path) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=page.as_uri())

    def evaluate(self, expression: str) -> Any:
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str) -> Any:
        end = time.monotonic() + PATIENCE_S
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < end, f"waited in vain for {expression}"
            time.sleep(0.2)
        return value

    def mouse(self, kind: str, x: float, y: float) -> None:
        button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def click(self, element: str) -> None:
        """Click into the middle of what the expression ``element`` gives."""
        x, y = self.evaluate(
            f"(() => {{ const it = {element}; it.scrollIntoView({{block: 'center'}});"
            "const box = it.getBoundingClientRect();"
            "return [box.left + box.width / 2, box.top + box.height / 2]; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y)

    def close(self) -> None:
        try:
            self.session = ""
            self.call("Browser.close")
        except (AssertionError, OSError):
            self.process.kill()
        self.process.wait(timeout=PATIENCE_S)
        os.close(self._in)
        os.close(self._out)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from reproduce.report import main

    out = tmp_path_factory.mktemp("report")
    for name in ("figure1.csv", "figure1.manifest.json"):
        shutil.copy(ROOT / "results" / "earlier" / "small" / name, out)
    assert main(["--out", str(out)]) == 0
    return out / "report.html"


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    try:
        opened.open(page)
        opened.wait("document.readyState === 'complete'")
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def pen() -> pd.DataFrame:
    rows = pd.read_csv(ROOT / "results" / "earlier" / "small" / "figure1.csv")
    return rows[rows["profile"] == "paper"]


def test_the_page_asks_for_nothing_and_has_no_error(browser: Browser) -> None:
    charts = browser.evaluate("[...document.querySelectorAll('.chart')].map(each => each.id)")
    assert CHART in charts
    asked = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked and all(url.startswith(("file:", "data:")) for url in asked)
    wrong = [
        event
        for event in browser.events
        if event["method"] == "Runtime.exceptionThrown"
        or (event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] == "error")
        or (event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error")
    ]
    assert not wrong


def test_pointing_at_a_curve_shows_seed_and_value(browser: Browser, pen: pd.DataFrame) -> None:
    # the point of one run that is farthest from all others: nothing else is drawn as near to it
    run = pen[(pen["method"] == "SAC") & (pen["seed"] == 1)].set_index("env_step")["success_any"]
    others = pen[~((pen["method"] == "SAC") & (pen["seed"] == 1))]

    def lonely(step: int) -> float:
        near = others[others["env_step"] == step].groupby(["method", "seed"])["success_any"].last()
        means = pen[pen["env_step"] == step].groupby("method")["success_any"].mean()
        return min((near - run[step]).abs().min(), (means - run[step]).abs().min())

    step = int(max((s for s in run.index if s > 0), key=lonely))
    last = int(pen["env_step"].max())
    x, y = 44 + 272 * (0.24 + 0.76 * step / last), 8 + 212 * (1.04 - run[step]) / 1.08
    left, top = browser.evaluate(
        f"""(() => {{
          const svg = document.querySelector('#{CHART} svg[role=img]');
          svg.scrollIntoView({{block: 'center'}});
          const at = new DOMPoint({x}, {y}).matrixTransform(svg.getScreenCTM());
          return [at.x, at.y];
        }})()"""
    )
    browser.mouse("mouseMoved", left + 60, top + 5)
    browser.mouse("mouseMoved", left, top)
    text = browser.wait(
        "!document.getElementById('tip').hidden && document.getElementById('tip').textContent"
    )
    assert text == f"SAC, seed 1: {run[step]:g} at step {step:,}"
    assert browser.evaluate(f"document.querySelectorAll('#{CHART} .hot').length") >= 1


SHOWN = (
    "[...document.querySelectorAll('{what}')].filter(each => each.getClientRects().length).length"
)


def test_a_click_in_the_legend_hides_a_method_everywhere_and_another_brings_it_back(
    browser: Browser,
) -> None:
    curves = SHOWN.format(what=f"#{CHART} g[data-m=BCQ]")
    rows = SHOWN.format(what='tr[data-m="BCQ"], .row[data-m="BCQ"]')
    before = browser.evaluate(rows)
    assert browser.evaluate(curves) == 2 and before >= 3  # the curve and its name
    chip = f"document.querySelector('#{CHART} .chip[data-m=BCQ]')"
    browser.click(chip)
    assert browser.wait(f"{chip}.getAttribute('aria-pressed') === 'false'")
    assert browser.evaluate(curves) == browser.evaluate(rows) == 0
    browser.click(chip)
    assert browser.wait(f"{chip}.getAttribute('aria-pressed') === 'true'")
    assert (browser.evaluate(curves), browser.evaluate(rows)) == (2, before)


def test_the_filter_by_task_leaves_that_task(browser: Browser) -> None:
    tasks = browser.evaluate("[...document.getElementById('task').options].map(o => o.value)")
    assert tasks == ["", "pen-binary-v0"]
    change = "(() => {{ const it = document.getElementById('task'); it.value = '{}';"
    change += "it.dispatchEvent(new Event('change')); }})()"
    panels = SHOWN.format(what=".panel[data-task]")
    before = browser.evaluate(panels)
    browser.evaluate(change.format("pen-binary-v0"))
    assert browser.evaluate(panels) == before > 0
    browser.evaluate(change.format(""))
    assert browser.evaluate(panels) == before


def test_nothing_is_wider_than_a_telephone(browser: Browser) -> None:
    metrics = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **metrics)
    try:
        assert browser.wait("innerWidth === 400")
        assert browser.evaluate("document.documentElement.scrollWidth") <= 400
        assert browser.evaluate("document.querySelector('nav').offsetHeight") <= 50
        legend = browser.evaluate(f"document.querySelector('#{CHART} .legend').offsetHeight")
        chart = browser.evaluate(f"document.querySelector('#{CHART} svg[role=img]').clientHeight")
        assert legend <= 0.25 * chart
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


def test_a_link_to_a_claim_that_is_folded_away_unfolds_it(browser: Browser) -> None:
    seen = "document.getElementById('claim-h2').checkVisibility()"
    assert not browser.evaluate(seen)
    browser.evaluate("location.hash = '#claim-h2'")
    assert browser.wait(seen)


def test_a_link_of_the_matrix_leads_to_its_card(browser: Browser) -> None:
    targets = browser.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
    )
    assert "claim-h8" in targets
    missing = [
        name
        for name in targets
        if not browser.evaluate(f"Boolean(document.getElementById({json.dumps(name)}))")
    ]
    assert not missing
