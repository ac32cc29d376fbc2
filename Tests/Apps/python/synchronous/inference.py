# SPDX-License-Identifier: Apache-2.0

import threading
from typing import Iterator

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput


class AppInput(BaseAppInput):
    text: str


class AppOutput(BaseAppOutput):
    words: int
    thread: str = ""


class App(BaseApp):
    def setup(self):
        self.separator = None

    def run(self, input_data: AppInput) -> AppOutput:
        words = len(input_data.text.split(self.separator))
        return AppOutput(words=words, thread=threading.current_thread().name)

    def steps(self, input_data: AppInput) -> Iterator[AppOutput]:
        for count, _ in enumerate(input_data.text.split(self.separator), 1):
            yield AppOutput(words=count)

    def unload(self):
        pass
