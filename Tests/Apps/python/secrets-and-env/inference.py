# SPDX-License-Identifier: Apache-2.0

import hashlib
import os
from typing import List, Optional

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput


class AppInput(BaseAppInput):
    pass


class AppOutput(BaseAppOutput):
    mode: Optional[str]
    token_digest: Optional[str]
    names: List[str]


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        token = os.environ.get("FERRY_TEST_TOKEN")
        return AppOutput(
            mode=os.environ.get("FERRY_TEST_MODE"),
            token_digest=hashlib.sha256(token.encode()).hexdigest() if token else None,
            names=sorted(os.environ))
