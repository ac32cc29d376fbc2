# SPDX-License-Identifier: Apache-2.0

import hashlib
import os
import tempfile

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File
from pydantic import Field


class AppInput(BaseAppInput):
    mebibytes: int = Field(default=200, ge=1, le=1024)


class AppOutput(BaseAppOutput):
    file: File
    sha256: str


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        path = os.path.join(tempfile.mkdtemp(), "large.bin")
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            for number in range(input_data.mebibytes):
                block = hashlib.sha256(b"block %d" % number).digest() * (1 << 15)
                digest.update(block)
                file.write(block)
        return AppOutput(file=File(path=path), sha256=digest.hexdigest())
