# SPDX-License-Identifier: Apache-2.0

import local_words
from inferencesh import BaseApp, BaseAppInput, BaseAppOutput

from .parts.counting import count_letters
from .shared import shout


class AppInput(BaseAppInput):
    text: str


class AppOutput(BaseAppOutput):
    shouted: str
    letters: int
    known: bool


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        return AppOutput(
            shouted=shout(input_data.text), letters=count_letters(input_data.text),
            known=input_data.text in local_words.WORDS)
