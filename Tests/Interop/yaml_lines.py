# SPDX-License-Identifier: Apache-2.0
"""As much YAML as the tests need: the top level's scalars, one a line."""

import re


def scalar(text, key):
    """The value of a top-level key, unquoted."""
    found = re.search(rf"^{re.escape(key)}:[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE)
    assert found, f"no {key}"
    value = found[1]
    return value[1:-1] if value[0] == value[-1] and value[0] in "\"'" and len(value) > 1 else value
