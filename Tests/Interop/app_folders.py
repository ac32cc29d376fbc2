# SPDX-License-Identifier: Apache-2.0
"""The folders of Tests/Apps: apps written to the published conventions, which nobody has changed for Ferry."""

from pathlib import Path

import yaml_lines

REPOSITORY = Path(__file__).resolve().parents[2]
APPS = REPOSITORY / "Tests" / "Apps"
ENVIRONMENTS = REPOSITORY / ".build" / "test-environments"


def folders(language):
    """The folders of one language, sorted by name."""
    return sorted(path.parent for path in (APPS / language).glob("*/inf.yml"))


def reference(folder):
    """`namespace/name` as inf.yml says it."""
    text = (folder / "inf.yml").read_text(encoding="utf-8")
    return f"{yaml_lines.scalar(text, 'namespace')}/{yaml_lines.scalar(text, 'name')}"


def link_all(target, *languages):
    """Fills an apps folder with links to the apps of these languages, as an operator could."""
    target.mkdir(parents=True, exist_ok=True)
    for language in languages:
        for folder in folders(language):
            (target / reference(folder).replace("/", ".")).symlink_to(folder)
    return target


def share_environments(data):
    """Lets a server's data folder use the Python environments of earlier runs."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    (data / "environments").symlink_to(ENVIRONMENTS)
