# SPDX-License-Identifier: Apache-2.0
"""The examples that ship, deployed and run as their README says."""

import shutil

import pytest
from PIL import Image

from app_folders import REPOSITORY, share_environments
from cli import CommandLine
from conftest import new_key
from ferry_process import FerryServer
from samples import fetch, opened

EXAMPLES = REPOSITORY / "Examples"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with the Python and the Node example."""
    folder = tmp_path_factory.mktemp("examples")
    share_environments(folder / "data")
    (folder / "apps").mkdir()
    for name in ("palette", "csv-report"):
        (folder / "apps" / name).symlink_to(EXAMPLES / name)
    running = FerryServer(folder, new_key(), "--apps-dir", str(folder / "apps")).start()
    try:
        yield running
        running.stop()
    finally:
        running.kill()


def test_palette(server, tmp_path):
    image = Image.new("RGB", (100, 10), "#ff0000")
    image.paste("#0000ff", (0, 0, 25, 10))
    image.save(tmp_path / "flag.png")
    arguments = ["--file", "image=flag.png", "--set", "colors=2"]
    output = CommandLine(tmp_path, server).run("examples/palette", *arguments, limit=500)["output"]
    assert output["colors"] == [{"hex": "#ff0000", "share": 0.75}, {"hex": "#0000ff", "share": 0.25}]
    card = opened(fetch(output["card"]["uri"]).content).convert("RGB")
    assert card.size == (640, 160)
    assert card.getpixel((10, 80)) == (255, 0, 0) and card.getpixel((630, 80)) == (0, 0, 255)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_csv_report(server, tmp_path):
    (tmp_path / "sales.csv").write_text('town,boats,note\nA,3,"x, y"\nB,5,\nC,1,"he said ""no"""\n', encoding="utf-8")
    output = CommandLine(tmp_path, server).run("examples/csv-report", "--file", "table=sales.csv")["output"]
    assert output["rows"] == 3
    assert output["columns"] == [
        {"name": "town", "filled": 3}, {"name": "boats", "filled": 3, "minimum": 1, "maximum": 5, "mean": 3},
        {"name": "note", "filled": 2},
    ]
    page = fetch(output["report"]["uri"])
    assert "<td>boats</td><td>3</td><td>1</td><td>5</td><td>3</td>" in page.text
    assert "attachment" in page.headers["Content-Disposition"]
