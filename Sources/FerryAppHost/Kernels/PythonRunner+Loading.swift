// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// Finds the app in its folder.
    static let loading = #"""
        # SPDX-License-Identifier: Apache-2.0
        """Finds the app in its folder."""

        import importlib
        import importlib.util
        import inspect
        import os
        import sys
        import types

        PACKAGE = "ferry_app"


        class NoApp(Exception):
            """The folder holds nothing that can be run."""


        def load(folder):
            """The class of the app. Both `from .helper import x` and `import helper` find the folder's modules."""
            folder = os.path.abspath(folder)
            if not os.path.exists(os.path.join(folder, "inference.py")) and not os.path.isdir(
                    os.path.join(folder, "inference")):
                raise NoApp("the app's folder has no inference.py; it holds the class App")
            sys.path.insert(0, folder)
            package(folder)
            module = importlib.import_module(PACKAGE + ".inference")
            # Helpers that say `import inference` mean this one.
            sys.modules.setdefault("inference", module)
            return app_class(module)


        def package(folder):
            """Makes the folder a package, whose modules can be imported from then on."""
            start = os.path.join(folder, "__init__.py")
            if os.path.exists(start):
                spec = importlib.util.spec_from_file_location(PACKAGE, start, submodule_search_locations=[folder])
                package = importlib.util.module_from_spec(spec)
                sys.modules[PACKAGE] = package
                spec.loader.exec_module(package)
            else:
                package = types.ModuleType(PACKAGE)
                package.__path__ = [folder]
                sys.modules[PACKAGE] = package


        def app_class(module):
            found = getattr(module, "App", None)
            if inspect.isclass(found):
                return found
            own = [item for item in vars(module).values() if inspect.isclass(item)]
            try:
                from inferencesh import BaseApp
                heirs = [item for item in own if issubclass(item, BaseApp) and item is not BaseApp]
                if heirs:
                    return heirs[-1]
            except ImportError:
                pass
            for item in own:
                if item.__module__ == module.__name__ and callable(getattr(item, "run", None)):
                    return item
            raise NoApp("inference.py defines no class App with a method run")

        """#
}
