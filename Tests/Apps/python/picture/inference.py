# SPDX-License-Identifier: Apache-2.0

import os
import tempfile

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File, ImageMeta, OutputMeta
from PIL import Image, ImageOps
from pydantic import Field


class AppInput(BaseAppInput):
    image: File = Field(description="The picture.", json_schema_extra={"contentMediaType": "image/*"})
    width: int = Field(default=32, ge=1, le=4096, description="Width in pixels.")


class AppOutput(BaseAppOutput):
    image: File = Field(description="The smaller picture, mirrored.")
    width: int
    height: int


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        with Image.open(input_data.image.path) as image:
            height = max(1, round(image.height * input_data.width / image.width))
            small = ImageOps.mirror(image.convert("RGB")).resize((input_data.width, height), Image.Resampling.BOX)
        path = os.path.join(tempfile.mkdtemp(), "mirrored.png")
        small.save(path)
        return AppOutput(
            image=File(path=path), width=small.width, height=small.height,
            output_meta=OutputMeta(outputs=[ImageMeta(width=small.width, height=small.height, count=1)]))
