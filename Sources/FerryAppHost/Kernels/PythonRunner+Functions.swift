// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// What can be called on an app, and what it takes and gives.
    static let functions = #"""
        # SPDX-License-Identifier: Apache-2.0
        """What can be called on an app, and what it takes and gives."""

        import collections.abc
        import inspect
        import types
        import typing

        from . import files

        RESERVED = {"setup", "unload", "on_cancel"}
        STREAMS = (
            collections.abc.AsyncGenerator, collections.abc.AsyncIterator, collections.abc.AsyncIterable,
            collections.abc.Generator, collections.abc.Iterator, collections.abc.Iterable, collections.abc.Awaitable,
            collections.abc.Coroutine,
        )
        UNION = getattr(types, "UnionType", typing.Union)


        def model_base():
            from pydantic import BaseModel
            return BaseModel


        def is_model(annotation):
            return inspect.isclass(annotation) and issubclass(annotation, model_base())


        def hints(function):
            try:
                return typing.get_type_hints(function)
            except Exception:
                # An annotation that only a type checker understands; those that are no text still count.
                found = getattr(function, "__annotations__", {})
                return {name: value for name, value in found.items() if not isinstance(value, str)}


        def without_none(annotation):
            """`X` of `Optional[X]`, and whether None was allowed."""
            if typing.get_origin(annotation) in (typing.Union, UNION):
                rest = [item for item in typing.get_args(annotation) if item is not type(None)]
                if len(rest) == 1:
                    return rest[0], True
            return annotation, False


        class Function:
            """A function's parameters: one for the input or the setup, one for the metadata, both optional."""

            def __init__(self, name, function):
                self.name = name
                self.function = function
                self.description = inspect.getdoc(function) or ""
                self.input = self.metadata = None
                self.is_callable = True
                known = hints(function)
                parameters = list(inspect.signature(function).parameters.values())[1:]
                for parameter in parameters:
                    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                        continue
                    annotation, _ = without_none(known.get(parameter.name))
                    means_metadata = parameter.name == "metadata" or (
                        is_model(annotation) and annotation.__name__ == "Metadata")
                    if means_metadata and self.metadata is None:
                        self.metadata = parameter
                        self.metadata_type = annotation if is_model(annotation) else None
                    elif self.input is None:
                        self.input = parameter
                        self.input_type, self.input_is_optional = without_none(known.get(parameter.name))
                    elif parameter.default is parameter.empty:
                        self.is_callable = False
                self.output_type = output_type(known.get("return"))

            @property
            def is_typed(self):
                return is_model(self.input_type) if self.input is not None else is_model(self.output_type)

            def arguments(self, value, metadata, folder=None):
                """Positional and named arguments of a call, of whose files the folder holds all. Raises pydantic's
                ValidationError."""
                positional, named = [], {}
                if self.input is not None:
                    with files.reading(folder):
                        argument = self.converted(value)
                    if self.input.kind is self.input.KEYWORD_ONLY:
                        named[self.input.name] = argument
                    else:
                        positional.append(argument)
                if self.metadata is not None:
                    argument = metadata_object(metadata, self.metadata_type)
                    if self.metadata.kind is self.metadata.POSITIONAL_ONLY:
                        positional.append(argument)
                    else:
                        named[self.metadata.name] = argument
                return positional, named

            def converted(self, value):
                if value is None and self.input_is_optional:
                    return None
                if value is None:
                    value = {}
                if is_model(self.input_type):
                    return self.input_type.model_validate(value)
                if self.input_type in (None, dict, typing.Any, inspect.Parameter.empty):
                    return value
                try:
                    from pydantic import TypeAdapter
                    adapter = TypeAdapter(self.input_type)
                except Exception:
                    return value
                return adapter.validate_python(value)


        def output_type(annotation):
            annotation, _ = without_none(annotation)
            while typing.get_origin(annotation) in STREAMS and typing.get_args(annotation):
                arguments = typing.get_args(annotation)
                is_coroutine = typing.get_origin(annotation) is collections.abc.Coroutine
                annotation, _ = without_none(arguments[-1] if is_coroutine else arguments[0])
            return annotation


        def metadata_object(values, wanted=None):
            if wanted is None:
                try:
                    from inferencesh import Metadata as wanted
                except ImportError:
                    try:
                        from inferencesh.models.base import Metadata as wanted
                    except ImportError:
                        return types.SimpleNamespace(**values)
            return wanted(**values)


        def functions(app):
            """The functions of a class, by name: `run`, and the public methods that take or give a model."""
            found = {}
            for base in reversed(app.__mro__):
                if base.__module__.split(".")[0] in ("pydantic", "inferencesh", "builtins", "abc", "typing"):
                    continue
                for name, value in vars(base).items():
                    if name.startswith("_") or name in RESERVED or not inspect.isfunction(value):
                        continue
                    function = Function(name, value)
                    if name == "run" or (function.is_callable and function.is_typed):
                        found[name] = function
                    else:
                        found.pop(name, None)
            return found


        def schema(annotation):
            """The JSON Schema of a type; None if it has none."""
            if annotation is None or annotation in (dict, typing.Any, type(None)):
                return None
            if is_model(annotation):
                try:
                    return annotation.model_json_schema()
                except Exception:
                    # A class without source text, or one that refers to itself.
                    return model_base().model_json_schema.__func__(annotation)
            try:
                from pydantic import TypeAdapter
                return TypeAdapter(annotation).json_schema()
            except Exception:
                return None


        def manifest(app):
            described = {}
            for name, function in functions(app).items():
                described[name] = {
                    "description": function.description,
                    "input_schema": schema(function.input_type) if function.input is not None else {
                        "type": "object", "properties": {}},
                    "output_schema": schema(function.output_type),
                }
            found = {
                "namespace": "", "name": "", "version": "", "description": inspect.cleandoc(app.__doc__ or ""),
                "category": "other", "default_function": "run", "functions": described,
            }
            setup = inspect.getattr_static(app, "setup", None)
            if inspect.isfunction(setup):
                function = Function("setup", setup)
                if function.input is not None and is_model(function.input_type):
                    found["setup_schema"] = schema(function.input_type)
            return found

        """#
}
