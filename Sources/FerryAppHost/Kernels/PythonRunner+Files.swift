// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// Which files a caller's values may name.
    static let fileRules = #"""
        # SPDX-License-Identifier: Apache-2.0
        """Which files a caller's values may name.

        The host has made a file of the task's own of every file that it knows of. What else a caller writes where the app
        reads a file, under another name of the field or in the setup, must not make the package fetch an address or open
        a path. An app's own files are its own affair."""

        import contextlib
        import contextvars
        import os

        MEMBERS = {"uri", "path", "content_type", "size", "filename"}
        MESSAGE = "is no file of this task; give it in a file field of the input"

        # The folder of the task's files while a caller's values are read; "" if there is none, None at other times.
        place = contextvars.ContextVar("place", default=None)


        @contextlib.contextmanager
        def reading(folder):
            """While it lasts, values are a caller's, and their files lie in the folder."""
            token = place.set(os.path.realpath(folder) if folder else "")
            try:
                yield
            finally:
                place.reset(token)


        def check(value):
            """Raises ValueError unless a caller may give that as a file."""
            folder = place.get()
            if folder is None:
                return
            if isinstance(value, str):
                value = {"uri": value} if value else {}
            if not isinstance(value, dict):
                return
            if not MEMBERS.issuperset(value):
                raise ValueError(MESSAGE)
            path, uri = value.get("path"), value.get("uri")
            if path:
                allowed = lies_in(folder, path)
            else:
                allowed = not uri or isinstance(uri, str) and (uri.startswith("data:") or lies_in(folder, uri))
            if not allowed:
                raise ValueError(MESSAGE)


        def lies_in(folder, path):
            return isinstance(path, str) and bool(folder) and os.path.realpath(path).startswith(folder + os.sep)


        def install():
            """Puts the check before what the package does with a value, in whatever way its version does it."""
            try:
                from inferencesh import File
            except Exception:
                return  # An app without the package.
            validate = File.__dict__.get("_pydantic_validate")
            if isinstance(validate, classmethod):
                inner = validate.__func__

                def checked(cls, value):
                    check(value)
                    return inner(cls, value)

                File._pydantic_validate = classmethod(checked)
            else:
                make = File.__init__

                def checked_init(self, initializer=None, **members):
                    check(initializer)
                    check(members)
                    make(self, *(() if initializer is None else (initializer,)), **members)

                File.__init__ = checked_init

        """#
}
