// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// What apps return as JSON, and what they raise as words.
    static let values = #"""
        # SPDX-License-Identifier: Apache-2.0
        """What apps return as JSON, and what they raise as words."""

        import base64
        import dataclasses
        import datetime
        import enum
        import os
        import pathlib

        MAXIMUM_MESSAGE = 4 << 10


        class BadOutput(Exception):
            """A result that is no object."""


        def output(value):
            """A result as a JSON object, with files as {"path"}."""
            if value is None:
                return {}
            converted = plain(value)
            if not isinstance(converted, dict):
                raise BadOutput(f"the app returned {type(value).__name__}; return an output model or a dict")
            return converted


        def plain(value):
            if value is None or isinstance(value, (bool, int, float, str)) and not isinstance(value, enum.Enum):
                return located(value)
            if hasattr(type(value), "model_dump"):
                return plain(value.model_dump(mode="json"))
            if isinstance(value, dict):
                return located({str(plain(key)): plain(item) for key, item in value.items()})
            if isinstance(value, (list, tuple, set, frozenset)):
                return [plain(item) for item in value]
            if callable(getattr(type(value), "to_dict", None)):
                return plain(value.to_dict())
            if dataclasses.is_dataclass(value) and not isinstance(value, type):
                return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
            if isinstance(value, enum.Enum):
                return plain(value.value)
            if isinstance(value, pathlib.PurePath):
                return str(value)
            if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
                return value.isoformat()
            if isinstance(value, (bytes, bytearray)):
                return base64.b64encode(value).decode()
            if callable(getattr(value, "tolist", None)):
                # Numbers and arrays of numeric libraries.
                return plain(value.tolist())
            kind = type(value).__name__
            raise BadOutput(f"a {kind} in the output has no form in JSON; return numbers, text, lists or files")


        def located(value):
            """Paths relative to the working folder become absolute ones."""
            if isinstance(value, dict):
                path = value.get("path")
                if isinstance(path, str) and path and not os.path.isabs(path) and os.path.isfile(path):
                    return {**value, "path": os.path.abspath(path)}
            return value


        def words(error, where=None):
            """An error in one line: for a value that does not fit, the names of its fields."""
            problems = getattr(error, "errors", None)
            if where is not None and callable(problems):
                parts = []
                for problem in problems(include_url=False, include_context=False, include_input=False)[:20]:
                    name = ".".join(str(part) for part in problem["loc"])
                    parts.append(f"{where}.{name}: {problem['msg']}" if name else f"{where}: {problem['msg']}")
                return "; ".join(parts)[:MAXIMUM_MESSAGE]
            text = str(error).strip()
            name = type(error).__name__
            return (f"{name}: {text}" if text else name)[:MAXIMUM_MESSAGE]

        """#
}
