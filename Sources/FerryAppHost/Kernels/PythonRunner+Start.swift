// SPDX-License-Identifier: Apache-2.0

extension PythonRunner {
    /// `run.py`: the program.
    static let start = #"""
        # SPDX-License-Identifier: Apache-2.0
        """Runs an app of the platform's Python conventions: `run.py FOLDER REFERENCE [describe]`."""

        import os
        import sys

        def main():
            # Copies of their own, which no child inherits, before any code of the app can print or read.
            commands = os.dup(0)
            replies = os.dup(1)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.close(nothing)
            os.dup2(2, 1)

            from _ferry_runner.channel import Channel
            from _ferry_runner.worker import Worker, describe

            # The app finds its own modules, not the runner's.
            sys.path.pop(0)
            folder, reference = sys.argv[1], sys.argv[2]
            wanted = sys.argv[3:]
            sys.argv = [os.path.join(folder, "inference.py")]
            # For processes that the app starts: while one of them reads this file, its own arguments are hidden.
            os.environ["FERRY_APP_DIR"] = os.path.abspath(folder)
            channel = Channel(commands, replies)
            if wanted == ["describe"]:
                code = describe(channel, folder)
            else:
                code = Worker(channel, folder, reference).run()
            sys.stdout.flush()
            sys.stderr.flush()
            # Threads that the app left behind do not keep the process.
            os._exit(code)


        def join():
            """Lets a process that the app starts by multiprocessing find the app's modules by their names."""
            sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
            try:
                from _ferry_runner import loading
            finally:
                sys.path.pop(0)
            loading.package(os.environ["FERRY_APP_DIR"])


        if __name__ == "__main__":
            main()
        elif __name__ == "__mp_main__":
            join()

        """#
}
