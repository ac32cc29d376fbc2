# SPDX-License-Identifier: Apache-2.0

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput
from pydantic import Field


class AppInput(BaseAppInput):
    text: str = Field(description="The text.")
    upper: bool = Field(default=False, description="Whether to write it in capitals.")


class AppOutput(BaseAppOutput):
    text: str
    length: int


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        text = input_data.text[::-1]
        return AppOutput(text=text.upper() if input_data.upper else text, length=len(text))
