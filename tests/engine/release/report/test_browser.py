"""The page in a real browser: nothing sticks out at any width, the style sheet is let in, dark is dark."""

import html
import json
import re
import shutil
import subprocess

import pytest

from engine.release.report import Section, render

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# The report may run no script, so a page around it measures it in a frame of the asked width.
AROUND = """<!doctype html>
<iframe id="f" width="{width}" height="900" srcdoc="{page}"></iframe><pre id="out"></pre>
<script>
document.getElementById("f").onload = event => {{
  const doc = event.target.contentDocument, root = doc.documentElement, view = event.target.contentWindow;
  doc.querySelectorAll("details").forEach(d => d.open = true);
  const beyond = e => !e.closest("svg, .skip, thead") && e.getBoundingClientRect().right > root.clientWidth + 1;
  const wide = [...doc.body.querySelectorAll("*")].filter(beyond);
  const style = view.getComputedStyle(doc.body);
  document.getElementById("out").textContent = JSON.stringify({{
    scroll: root.scrollWidth, client: root.clientWidth, wide: wide.map(e => e.outerHTML.slice(0, 90)),
    paper: style.backgroundColor, scripts: doc.scripts.length,
    small: [...doc.querySelectorAll("td, th, p, dd, dt, li")].filter(
      e => parseFloat(view.getComputedStyle(e).fontSize) < 12).length }});
}};</script>"""


def measure(folder, page, width, *, dark=False):
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    around = folder / "around.html"
    around.write_text(AROUND.format(width=width, page=html.escape(page)), encoding="utf-8")
    dom = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=5000",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--window-size=1500,1000", "--dump-dom", around.as_uri()],
        check=True, capture_output=True, text=True, timeout=120).stdout
    return json.loads(html.unescape(re.search(r'<pre id="out">(.+?)</pre>', dom, re.DOTALL).group(1)))


@pytest.mark.parametrize("width", [320, 400, 760, 1280])
def test_nothing_sticks_out(tmp_path, full, notes, demo, width):
    found = measure(tmp_path, render([full, notes], demo=demo), width)
    assert found["wide"] == []
    assert found["scroll"] <= found["client"]
    assert found["small"] == 0


def test_long_names_wrap(tmp_path, full):
    name = "a_column_name_that_nobody_should_have_chosen_but_somebody_did_" * 2
    columns = tuple(c.model_copy(update={"column": name + str(i)}) for i, c in enumerate(full.receipt.columns))
    utility = tuple(u.model_copy(update={"column": name}) for u in full.receipt.anonymity.utility)
    anonymity = full.receipt.anonymity.model_copy(update={"utility": utility, "quasi_identifiers": (name, name)})
    scan = full.scan.model_copy(update={"columns": tuple(c.model_copy(update={"path": name}) for c in full.scan.columns)})
    receipt = full.receipt.model_copy(update={"columns": columns, "anonymity": anonymity, "policy": name, "purpose": name})
    found = measure(tmp_path, render([Section(receipt, scan)]), 400)
    assert found["wide"] == []
    assert found["scroll"] <= found["client"]


def test_light_and_dark(tmp_path, full):
    light = measure(tmp_path, render([full]), 800)
    dark = measure(tmp_path, render([full]), 800, dark=True)
    assert light["paper"] == "rgb(247, 245, 240)"
    assert dark["paper"] == "rgb(16, 21, 27)"
    assert light["scripts"] == 0
