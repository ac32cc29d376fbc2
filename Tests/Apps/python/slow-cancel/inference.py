# SPDX-License-Identifier: Apache-2.0

import asyncio

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput
from pydantic import Field


class AppInput(BaseAppInput):
    seconds: float = Field(default=0.1, ge=0, le=600)
    deaf: bool = Field(default=False, description="Whether it does not listen when told to stop.")


class AppOutput(BaseAppOutput):
    steps: int


class App(BaseApp):
    async def setup(self, metadata):
        self.stopped = asyncio.Event()
        self.deaf = False

    async def run(self, input_data: AppInput) -> AppOutput:
        self.stopped.clear()
        self.deaf = input_data.deaf
        self.logger.info("started")
        steps = 0
        end = asyncio.get_running_loop().time() + input_data.seconds
        while asyncio.get_running_loop().time() < end:
            try:
                await asyncio.wait_for(self.stopped.wait(), timeout=0.05)
                self.logger.info("stopping")
                raise asyncio.CancelledError
            except asyncio.TimeoutError:
                steps += 1
            except asyncio.CancelledError:
                if not self.deaf:
                    raise
        return AppOutput(steps=steps)

    async def on_cancel(self):
        self.logger.info("told to stop")
        if not self.deaf:
            self.stopped.set()
        return True
