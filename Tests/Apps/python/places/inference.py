# SPDX-License-Identifier: Apache-2.0

import os

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File
from pydantic import Field

PLACES = {
    "tmp": "/tmp/ferry-test-{}.txt",
    "here": "result-{}.txt",
    "app": "/app/tmp/result-{}.txt",
    "data": "/app/data/result-{}.txt",
    "etc": "/etc/hostname",
}


class AppInput(BaseAppInput):
    place: str = Field(description="tmp, here, app, data or etc.", examples=["tmp"])
    text: str = "hello"


class AppOutput(BaseAppOutput):
    file: File


class App(BaseApp):
    async def run(self, input_data: AppInput, metadata) -> AppOutput:
        path = PLACES[input_data.place].format(metadata.task_id)
        if input_data.place != "etc":
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(input_data.text)
        return AppOutput(file=File(path=path))
