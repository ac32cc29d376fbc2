# SPDX-License-Identifier: Apache-2.0

import asyncio
from typing import AsyncGenerator, List

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput
from pydantic import Field


class AppInput(BaseAppInput):
    steps: int = Field(default=3, ge=1, le=100)
    delay: float = Field(default=0.0, ge=0, le=5, description="Seconds between two steps.")


class AppOutput(BaseAppOutput):
    squares: List[int]
    done: bool = False


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AsyncGenerator[AppOutput, None]:
        squares = []
        for number in range(1, input_data.steps + 1):
            squares.append(number * number)
            yield AppOutput(squares=squares)
            await asyncio.sleep(input_data.delay)
        yield AppOutput(squares=squares, done=True)
