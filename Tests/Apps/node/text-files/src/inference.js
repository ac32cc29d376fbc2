// SPDX-License-Identifier: Apache-2.0

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const file = (description) => ({ type: "string", format: "file", description });

export const RunInput = {
  type: "object",
  properties: {
    parts: { type: "array", minItems: 1, items: file("A text.") },
    separator: { type: "string", default: "" },
  },
  required: ["parts"],
};
export const RunOutput = {
  type: "object",
  properties: { whole: file("The texts as one."), names: { type: "array", items: { type: "string" } } },
  required: ["whole", "names"],
};
export const NumberLinesInput = {
  type: "object", properties: { text: file("A text."), first: { type: "integer", default: 1 } }, required: ["text"],
};
export const NumberLinesOutput = { type: "object", properties: { text: file("The text, its lines numbered.") } };

const written = async (name, text) => {
  const path = join(await mkdtemp(join(tmpdir(), "texts-")), name);
  await writeFile(path, text);
  return { path };
};

export class App {
  async run(input) {
    const texts = await Promise.all(input.parts.map((part) => readFile(part.path, "utf8")));
    console.log(`joining ${texts.length} texts`);
    return {
      whole: await written("whole.txt", texts.join(input.separator ?? "")),
      names: input.parts.map((part) => part.filename),
    };
  }

  async numberLines(input) {
    const lines = (await readFile(input.text.path, "utf8")).split("\n");
    return { text: await written("numbered.txt", lines.map((line, i) => `${i + (input.first ?? 1)} ${line}`).join("\n")) };
  }
}
