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

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ROOT = Path(__file__).resolve().parents[2]
CHART = "chart-curves-figure1-paper-success_any"
PATIENCE_S = 240.0  # of a machine that does something else

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
        flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-background-networking", "--disable-sync",
                 "--disable-component-update", "--hide-scrollbars", "--window-size=1280,1000",
                 "--host-resolver-rules=MAP * ~NOTFOUND")  # fmt: skip
        self.process = subprocess.Popen(
            [CHROMIUM, *flags, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=at_3_and_4, pass_fds=(3, 4),
        )  # fmt: skip
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

    def show(self, chart: str) -> None:
        """Scroll to a chart and wait until it is drawn."""
        self.evaluate(f"document.getElementById('{chart}').scrollIntoView()")
        self.wait(f"Boolean((document.getElementById('{chart}') || {{}})._fullData)")
        self.wait(f"document.querySelectorAll('#{chart} .scatterlayer .trace').length > 0")

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
    pytest.importorskip("plotly")
    from reproduce.report import main

    out = tmp_path_factory.mktemp("report")
    for name in ("figure1.csv", "figure1.manifest.json"):
        shutil.copy(ROOT / "results" / "small" / name, out)
    assert main(["--out", str(out)]) == 0
    return out / "report.html"


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    try:
        opened.open(page)
        opened.wait("document.readyState === 'complete' && typeof Plotly === 'object'")
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def pen() -> pd.DataFrame:
    rows = pd.read_csv(ROOT / "results" / "small" / "figure1.csv")
    return rows[rows["profile"] == "paper"]


def test_every_chart_is_drawn_without_network_and_without_an_error(browser: Browser) -> None:
    charts = browser.evaluate("[...document.querySelectorAll('.chart')].map(div => div.id)")
    assert CHART in charts
    for chart in charts:
        browser.show(chart)
    asked = [
        event["params"]["request"]["url"]
        for event in browser.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked and all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    wrong = [
        event
        for event in browser.events
        if event["method"] == "Runtime.exceptionThrown"
        or (event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] == "error")
        or (event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error")
    ]
    assert not wrong


def test_there_is_a_curve_for_every_run_and_one_for_every_method(
    browser: Browser, pen: pd.DataFrame
) -> None:
    browser.show(CHART)
    kinds = browser.evaluate(f"document.getElementById('{CHART}')._fullData.map(t => t.meta)")
    assert kinds.count("seed") == len(pen[["method", "seed"]].drop_duplicates())
    assert kinds.count("aggregate") == pen["method"].nunique()
    seeds = pen.groupby("method")["seed"].nunique()
    assert kinds.count("band") == 2 * (seeds >= 5).sum()  # lower and upper edge
    drawn = browser.evaluate(f"document.querySelectorAll('#{CHART} .scatterlayer .trace').length")
    assert drawn == len(kinds)


def test_hovering_shows_seed_and_value(browser: Browser, pen: pd.DataFrame) -> None:
    browser.show(CHART)
    # the lowest point of all runs: nothing else is drawn as near to it
    run = pen[(pen["method"] == "SAC") & (pen["seed"] == 1)].set_index("env_step")["success_any"]
    others = pen[~((pen["method"] == "SAC") & (pen["seed"] == 1))]

    def lonely(step: int) -> float:
        near = others[others["env_step"] == step].groupby(["method", "seed"])["success_any"].last()
        means = pen[pen["env_step"] == step].groupby("method")["success_any"].mean()
        return min((near - run[step]).abs().min(), (means - run[step]).abs().min())

    step = int(max((s for s in run.index if s > 0), key=lonely))
    x, y = browser.evaluate(
        f"""(() => {{
          const div = document.getElementById('{CHART}'), box = div.getBoundingClientRect();
          const {{xaxis, yaxis}} = div._fullLayout;
          return [box.left + xaxis._offset + xaxis.l2p({step}),
                  box.top + yaxis._offset + yaxis.l2p({run[step]})];
        }})()"""
    )
    browser.mouse("mouseMoved", x + 60, y + 5)
    browser.mouse("mouseMoved", x, y)
    label = f"document.querySelector('#{CHART} .hoverlayer .hovertext')"
    text = browser.wait(f"{label} && {label}.textContent")
    assert "SAC, seed 1" in text
    assert f"step {step:,}" in text
    assert f"success_any {run[step]:g}" in text


def test_a_click_in_the_legend_hides_all_of_a_method_and_another_brings_it_back(
    browser: Browser, pen: pd.DataFrame
) -> None:
    browser.show(CHART)
    visible = (
        f"document.getElementById('{CHART}')._fullData"
        ".filter(t => t.visible === true).map(t => t.legendgroup)"
    )
    before = browser.evaluate(visible)
    curves = pen[pen["method"] == "BCQ"]["seed"].nunique() + 1
    assert before.count("BCQ") == curves

    def click() -> None:
        x, y = browser.evaluate(
            f"""(() => {{
              const item = [...document.querySelectorAll('#{CHART} .legend .traces')]
                .find(each => each.textContent === 'BCQ').querySelector('.legendtoggle');
              const box = item.getBoundingClientRect();
              return [box.left + box.width / 2, box.top + box.height / 2];
            }})()"""
        )
        browser.mouse("mouseMoved", x, y)
        browser.mouse("mousePressed", x, y)
        browser.mouse("mouseReleased", x, y)

    click()
    browser.wait(f"!{visible}.includes('BCQ')")
    assert len(browser.evaluate(visible)) == len(before) - curves
    click()
    browser.wait(f"{visible}.length === {len(before)}")


def test_a_link_of_the_matrix_leads_to_its_card(browser: Browser) -> None:
    targets = browser.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
    )
    assert "claim-h8" in targets
    missing = [name for name in targets if not browser.evaluate(
        f"Boolean(document.getElementById({json.dumps(name)}))")]  # fmt: skip
    assert not missing
