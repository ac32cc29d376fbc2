// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// The conversation with the host.
    static let worker = #"""
        # SPDX-License-Identifier: Apache-2.0
        """The conversation with the host, one task at a time."""

        import asyncio
        import concurrent.futures
        import inspect
        import logging
        import os
        import threading
        import traceback

        from . import files, functions, loading, values, yields
        from .channel import Channel, LogHandler, TooLong

        # How long an app that says it stops by itself is left alone, in seconds; the host allows three in all.
        GRACE = 1.0


        def describe(channel: Channel, folder):
            try:
                channel.send_raw([functions.manifest(loading.load(folder))])
                return 0
            except BaseException as error:
                if not isinstance(error, loading.NoApp):
                    traceback.print_exc()
                print(values.words(error) if not isinstance(error, loading.NoApp) else str(error))
                return 1


        def inputs(outputs):
            """The folder of a task's files, which the host makes beside that for its output."""
            return os.path.join(os.path.dirname(outputs), "in") if outputs else None


        class Stopped(Exception):
            """The task was cancelled between two results."""


        class Worker:
            def __init__(self, channel: Channel, folder, reference):
                self.channel = channel
                self.folder = folder
                self.reference = reference
                self.app = None
                self.functions = {}
                self.task = None  # the id of the task that runs
                self.work = None  # and what runs it
                self.is_cancelled = False
                self.log = LogHandler(channel)
                # One thread for all that blocks: what libraries keep for a thread stays the app's.
                self.thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="app")

            def run(self):
                return asyncio.run(self.follow())

            async def follow(self):
                loop = asyncio.get_running_loop()
                inbox = asyncio.Queue()

                def hand(message):
                    try:
                        loop.call_soon_threadsafe(inbox.put_nowait, message)
                    except RuntimeError:
                        pass  # The loop has ended.

                threading.Thread(target=self.channel.follow, args=(hand,), daemon=True).start()
                cancelling = None
                while True:
                    message = await inbox.get()
                    kind = "shutdown" if message is None else message.get("type")
                    if kind == "hello":
                        self.channel.send("hello", protocol=2, apps=[self.reference])
                    elif kind == "setup":
                        if not await self.set_up(message):
                            return 1
                    elif kind == "run":
                        if self.work is not None and not self.work.done():
                            self.fail(message.get("task"), "busy", "another task still runs")
                            continue
                        self.is_cancelled = False
                        self.task = self.log.task = message.get("task")
                        self.work = asyncio.create_task(self.perform(message))
                    elif kind == "cancel":
                        if self.work is not None and not self.work.done() and message.get("task") == self.task:
                            cancelling = asyncio.create_task(self.cancel(self.work))
                    elif kind == "shutdown":
                        if self.work is not None and not self.work.done():
                            await self.cancel(self.work)
                        del cancelling
                        await self.unload()
                        return 0

            async def set_up(self, message):
                try:
                    self.prepare()
                    setup = getattr(self.app, "setup", None)
                    if callable(setup):
                        function = functions.Function("setup", type(self.app).setup)
                        try:
                            arguments, named = function.arguments(message.get("setup"), message.get("metadata") or {})
                        except Exception as error:
                            self.channel.send(
                                "setup_failed", code="validation_error", message=values.words(error, "setup"))
                            return False
                        await self.call(setup, arguments, named)
                    self.channel.send("ready")
                    return True
                except (Exception, SystemExit) as error:
                    if not isinstance(error, loading.NoApp):
                        traceback.print_exc()
                    text = str(error) if isinstance(error, loading.NoApp) else values.words(error)
                    self.channel.send("setup_failed", code="setup_failed", message=text)
                    return False

            def prepare(self):
                if self.app is not None:
                    return
                files.install()
                kind = loading.load(self.folder)
                self.functions = functions.functions(kind)
                logger = logging.getLogger(self.reference)
                logger.setLevel(logging.DEBUG)
                logger.propagate = False
                logger.addHandler(self.log)
                self.app = kind()
                try:
                    self.app.logger = logger
                except Exception:
                    object.__setattr__(self.app, "logger", logger)

            async def perform(self, message):
                task = message.get("task")
                try:
                    self.prepare()
                    name = message.get("function") or "run"
                    function = self.functions.get(name)
                    if function is None:
                        known = ", ".join(self.functions)
                        self.fail(task, "unknown_function", f"the app has no function {name}; it has {known}")
                        return
                    try:
                        # Files are looked at while the input is read, which blocks.
                        arguments, named = await self.in_thread(
                            function.arguments, message.get("input"), message.get("metadata") or {},
                            inputs(message.get("output_dir")))
                    except Exception as error:
                        if callable(getattr(error, "errors", None)):
                            self.fail(task, "validation_error", values.words(error, "input"))
                        else:
                            traceback.print_exc()
                            self.fail(task, "input_error", f"the input cannot be used: {values.words(error)}")
                        return
                    result = await self.call(getattr(self.app, name), arguments, named, task)
                    output = values.output(result)
                    if self.is_cancelled:
                        self.channel.send("cancelled", task=task)
                    else:
                        self.channel.send("result", task=task, output=output)
                except (asyncio.CancelledError, Stopped):
                    self.channel.send("cancelled", task=task)
                except (values.BadOutput, TooLong) as error:
                    self.fail(task, "bad_output", str(error))
                except (Exception, SystemExit) as error:
                    if self.is_cancelled:
                        self.channel.send("cancelled", task=task)
                    else:
                        traceback.print_exc()
                        self.fail(task, "app_error", values.words(error))

            def fail(self, task, code, text):
                self.channel.send("error", task=task, code=code, message=text)

            async def call(self, function, arguments, named, task=None):
                """What a function returns; of one that yields, what that comes to, each value passed on as it comes."""
                if inspect.isasyncgenfunction(function):
                    generator = function(*arguments, **named)
                    taken = yields.Yields(self.channel, task)
                    try:
                        async for item in generator:
                            taken.add(item)
                    finally:
                        await generator.aclose()
                    last = taken.result()
                elif inspect.iscoroutinefunction(function):
                    last = await function(*arguments, **named)
                elif inspect.isgeneratorfunction(function):
                    last = await self.in_thread(self.exhaust, function, arguments, named, task)
                else:
                    last = await self.in_thread(function, *arguments, **named)
                    if inspect.isawaitable(last):
                        last = await last
                    if inspect.isasyncgen(last):
                        taken = yields.Yields(self.channel, task)
                        async for item in last:
                            taken.add(item)
                        last = taken.result()
                    elif inspect.isgenerator(last):
                        generator = last
                        last = await self.in_thread(self.exhaust, lambda: generator, [], {}, task)
                return last

            def exhaust(self, function, arguments, named, task):
                taken = yields.Yields(self.channel, task)
                for item in function(*arguments, **named):
                    taken.add(item)
                    if self.is_cancelled:
                        raise Stopped
                return taken.result()

            async def in_thread(self, function, *arguments, **named):
                """Runs what blocks, to its end: a thread cannot be stopped, so neither is the wait for it."""
                future = asyncio.get_running_loop().run_in_executor(self.thread, lambda: function(*arguments, **named))
                while True:
                    try:
                        result = await asyncio.shield(future)
                        break
                    except asyncio.CancelledError:
                        if future.done():
                            raise
                if self.is_cancelled:
                    raise Stopped
                return result

            async def cancel(self, work):
                self.is_cancelled = True
                hook = getattr(self.app, "on_cancel", None)
                stops_itself = None
                if callable(hook):
                    try:
                        if inspect.iscoroutinefunction(hook):
                            stops_itself = await hook()
                        else:
                            stops_itself = await asyncio.get_running_loop().run_in_executor(None, hook)
                    except Exception:
                        traceback.print_exc()
                if stops_itself is True:
                    await asyncio.wait({work}, timeout=GRACE)
                if not work.done():
                    work.cancel()
                    await asyncio.wait({work})

            async def unload(self):
                self.is_cancelled = False
                hook = getattr(self.app, "unload", None)
                if callable(hook):
                    try:
                        await self.call(hook, [], {})
                    except (Exception, SystemExit):
                        traceback.print_exc()

        """#
}
