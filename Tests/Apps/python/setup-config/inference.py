# SPDX-License-Identifier: Apache-2.0

import os
import uuid

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, BaseAppSetup
from pydantic import Field


class AppSetup(BaseAppSetup):
    greeting: str = Field(default="Hello", description="The first word.")
    repeat: int = Field(default=1, ge=1, le=5)


class AppInput(BaseAppInput):
    name: str


class AppOutput(BaseAppOutput):
    text: str
    process: int
    setup_id: str


class App(BaseApp):
    async def setup(self, config: AppSetup):
        self.config = config
        self.setup_id = uuid.uuid4().hex

    async def run(self, input_data: AppInput) -> AppOutput:
        text = " ".join([self.config.greeting] * self.config.repeat) + f", {input_data.name}!"
        return AppOutput(text=text, process=os.getpid(), setup_id=self.setup_id)
