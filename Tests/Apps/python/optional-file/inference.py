# SPDX-License-Identifier: Apache-2.0

from typing import Optional

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File
from pydantic import Field


class AppInput(BaseAppInput):
    file: Optional[File] = Field(default=None, description="A file, or none.")
    note: Optional[str] = None


class AppOutput(BaseAppOutput):
    present: bool
    size: Optional[int] = None
    filename: Optional[str] = None
    content_type: Optional[str] = None
    note: Optional[str] = None


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        file = input_data.file
        if file is None:
            return AppOutput(present=False, note=input_data.note)
        with open(file.path, "rb") as stream:
            size = len(stream.read())
        return AppOutput(
            present=file.exists(), size=size, filename=file.filename, content_type=file.content_type,
            note=input_data.note)
