# SPDX-License-Identifier: Apache-2.0
"""Each Python app of Tests/Apps works with the official package alone: what the other tests run on Ferry is no code
that was written for it."""

import asyncio
import importlib
import inspect
import json
import logging
import shutil
import sys
import typing

import pytest
from inferencesh import BaseApp, File, Metadata

from app_folders import folders, reference

INPUTS = {
    "plain-text": {"text": "abc"},
    "picture": {"image": "picture.png", "width": 8},
    "functions": {"a": 1, "b": 2},
    "file-list": {"parts": ["one.txt", "two.txt"]},
    "setup-config": {"name": "you"},
    "large-output": {"mebibytes": 1},
    "log-output": {"size": 2048},
    "places": {"place": "here", "text": "hello"},
    "synchronous": {"text": "one two"},
    "package": {"text": "ferry"},
}


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Imports an app as a package of its own, its folder on the path too."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)

    def import_app(folder):
        name = "app_" + folder.name.replace("-", "_")
        shutil.copytree(folder, tmp_path / name, symlinks=True)
        (tmp_path / name / "__init__.py").touch()
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.syspath_prepend(str(tmp_path / name))
        return importlib.import_module(f"{name}.inference")

    yield import_app
    for module in set(sys.modules) - before:
        del sys.modules[module]


async def finished(value):
    """The last result, however the function gives it."""
    if inspect.isasyncgen(value):
        return [item async for item in value][-1]
    return await value if inspect.isawaitable(value) else value


async def run(app, module, given):
    metadata = Metadata(app_id="a", worker_id="w", task_id="t")
    wanted = list(inspect.signature(app.setup).parameters)
    setup = [module.AppSetup()] if wanted == ["config"] else [metadata] if wanted else []
    await finished(app.setup(*setup))
    parameters = list(inspect.signature(app.run).parameters)
    model = typing.get_type_hints(type(app).run)[parameters[0]]
    arguments = [model.model_validate(given)] + [metadata] * (len(parameters) - 1)
    result = await finished(app.run(*arguments))
    await finished(app.unload())
    return result


@pytest.mark.parametrize("folder", folders("python"), ids=lambda folder: folder.name)
def test_an_app_runs_with_the_official_package_alone(folder, load, tmp_path, picture, capfd):
    (tmp_path / "picture.png").write_bytes(picture)
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    module = load(folder)
    app = module.App()
    assert isinstance(app, BaseApp)
    app.logger = logging.getLogger("app")
    output = asyncio.run(run(app, module, INPUTS.get(folder.name, {})))
    shown = json.loads(output.model_dump_json())
    for name, value in output:
        if isinstance(value, File):
            assert shown[name]["size"] == value.size
    assert shown


def test_there_are_enough_apps_and_no_two_of_a_name():
    names = [reference(folder) for language in ("python", "node") for folder in folders(language)]
    assert len(folders("python")) >= 12
    assert len(names) == len(set(names))
