# SPDX-License-Identifier: Apache-2.0

import os
import signal

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput
from pydantic import Field


class AppInput(BaseAppInput):
    kind: str = Field(default="none", description="none, value, output, exit or kill.")


class AppOutput(BaseAppOutput):
    text: str


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        if input_data.kind == "value":
            raise ValueError("the tide is out: wait until six")
        if input_data.kind == "output":
            return AppOutput.model_validate({"text": {"not": "a text"}})
        if input_data.kind == "exit":
            os._exit(3)
        if input_data.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return AppOutput(text="fine")
