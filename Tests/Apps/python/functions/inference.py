# SPDX-License-Identifier: Apache-2.0

from typing import List

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput
from pydantic import Field


class AddInput(BaseAppInput):
    a: int
    b: int


class SumInput(BaseAppInput):
    numbers: List[float] = Field(default_factory=list)


class NumberOutput(BaseAppOutput):
    value: float


class CountOutput(BaseAppOutput):
    calls: int


class NothingInput(BaseAppInput):
    pass


class App(BaseApp):
    async def setup(self, metadata):
        self.calls = 0

    async def add(self, input_data: AddInput) -> NumberOutput:
        self.calls += 1
        return NumberOutput(value=input_data.a + input_data.b)

    async def total(self, input_data: SumInput) -> NumberOutput:
        self.calls += 1
        return NumberOutput(value=sum(input_data.numbers))

    async def count(self, input_data: NothingInput) -> CountOutput:
        return CountOutput(calls=self.calls)

    async def run(self, input_data: AddInput) -> NumberOutput:
        return await self.add(input_data)
