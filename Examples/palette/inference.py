# SPDX-License-Identifier: Apache-2.0
"""Finds the colours that a picture is made of, and paints a card with them."""

import tempfile
from pathlib import Path
from typing import List

from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, File
from PIL import Image, ImageDraw
from pydantic import BaseModel, Field

WIDTH, HEIGHT = 640, 160  # of the card, in pixels


class AppInput(BaseAppInput):
    image: File = Field(description="The picture.", json_schema_extra={"contentMediaType": "image/*"})
    colors: int = Field(default=5, ge=1, le=16, description="How many colours to find.")


class Color(BaseModel):
    hex: str = Field(description="The colour as #rrggbb.")
    share: float = Field(description="How much of the picture it covers, 0 to 1.")


class AppOutput(BaseAppOutput):
    colors: List[Color] = Field(description="The colours, the most frequent first.")
    card: File = Field(description="A PNG with a stripe of each colour, as wide as its share.")


class App(BaseApp):
    async def run(self, input_data: AppInput) -> AppOutput:
        with Image.open(input_data.image.path) as image:
            image.thumbnail((256, 256))
            few = image.convert("RGB").quantize(input_data.colors)
        palette = few.getpalette()
        counts = sorted(few.getcolors(), reverse=True)
        total = sum(count for count, _ in counts)
        colors = []
        card = Image.new("RGB", (WIDTH, HEIGHT))
        draw = ImageDraw.Draw(card)
        left = 0.0
        for count, index in counts:
            red, green, blue = palette[3 * index : 3 * index + 3]
            colors.append(Color(hex=f"#{red:02x}{green:02x}{blue:02x}", share=round(count / total, 4)))
            right = left + WIDTH * count / total
            draw.rectangle([left, 0, right, HEIGHT], fill=(red, green, blue))
            left = right
        path = Path(tempfile.mkdtemp()) / "palette.png"
        card.save(path)
        print(f"{len(colors)} colours in {few.width} x {few.height} pixels")
        return AppOutput(colors=colors, card=File(path=str(path)))
