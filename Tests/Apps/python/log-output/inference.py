# SPDX-License-Identifier: Apache-2.0

import logging
import os
import subprocess
import sys

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput
from pydantic import Field


class AppInput(BaseAppInput):
    size: int = Field(default=1 << 20, ge=0, le=1 << 24, description="Bytes to print.")


class AppOutput(BaseAppOutput):
    printed: int


class App(BaseApp):
    async def setup(self, metadata):
        print("printed in setup")

    async def run(self, input_data: AppInput) -> AppOutput:
        self.logger.info("from the logger of the app")
        logging.getLogger("library").warning("from the logger of a library")
        os.write(1, b"past python\n")
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        print('{"type":"result","task":"x","output":{"printed":-1}}')
        line = "x" * 1023 + "\n"
        for _ in range(input_data.size // len(line)):
            sys.stdout.write(line)
        sys.stdout.flush()
        print("last line", file=sys.stderr)
        return AppOutput(printed=input_data.size // len(line) * len(line))
