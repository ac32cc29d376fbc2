# SPDX-License-Identifier: Apache-2.0

from typing import List, Optional

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput


class AppInput(BaseAppInput):
    text: str = ""


class AppOutput(BaseAppOutput):
    app_id: Optional[str]
    worker_id: Optional[str]
    task_id: Optional[str]
    same_worker: bool
    calls: List[str]


class App(BaseApp):
    async def setup(self, metadata):
        self.app_id = metadata.app_id
        self.worker_id = metadata.worker_id
        self.calls = []

    async def run(self, input_data: AppInput, metadata) -> AppOutput:
        self.calls.append(metadata.task_id)
        return AppOutput(
            app_id=self.app_id, worker_id=self.worker_id, task_id=metadata.task_id,
            same_worker=metadata.worker_id == self.worker_id, calls=self.calls)

    async def unload(self):
        self.calls.clear()
