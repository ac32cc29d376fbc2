# SPDX-License-Identifier: Apache-2.0

import hashlib
import tempfile
from pathlib import Path
from typing import Dict, List

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File
from pydantic import Field


class AppInput(BaseAppInput):
    parts: List[File] = Field(min_length=1, description="The files, in order.")
    separator: str = Field(default="", description="What stands between two of them.")


class AppOutput(BaseAppOutput):
    whole: File
    numbered: List[File]
    digests: Dict[str, str]


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        folder = Path(tempfile.mkdtemp())
        contents = [Path(part.path).read_bytes() for part in input_data.parts]
        whole = folder / "whole.bin"
        whole.write_bytes(input_data.separator.encode().join(contents))
        numbered = []
        for number, content in enumerate(contents, 1):
            path = folder / f"part-{number}.bin"
            path.write_bytes(b"%d:" % number + content)
            numbered.append(File(path=str(path)))
        digests = {f"part-{number}": hashlib.sha256(content).hexdigest() for number, content in enumerate(contents, 1)}
        return AppOutput(whole=File(path=str(whole)), numbered=numbered, digests=digests)
