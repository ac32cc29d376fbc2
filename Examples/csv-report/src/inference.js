// SPDX-License-Identifier: Apache-2.0
// Sums up the columns of a CSV file, and writes a page about them.

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const RunInput = {
  type: "object",
  properties: {
    table: {
      type: "string", format: "file", contentMediaType: "text/csv", description: "The CSV file, its first row the names.",
    },
    separator: { type: "string", default: ",", minLength: 1, maxLength: 1, description: "What stands between two cells." },
  },
  required: ["table"],
};

export const RunOutput = {
  type: "object",
  properties: {
    rows: { type: "integer", description: "Rows below the names." },
    columns: {
      type: "array",
      items: {
        type: "object",
        properties: {
          name: { type: "string" }, filled: { type: "integer" }, minimum: { type: "number" },
          maximum: { type: "number" }, mean: { type: "number" },
        },
      },
      description: "The columns; the last three members for those that hold nothing but numbers.",
    },
    report: { type: "string", format: "file", description: "The same as a page of HTML." },
  },
  required: ["rows", "columns", "report"],
};

/** The cells of each row. A cell in quotes may hold separators, line ends and, doubled, quotes. */
export function parse(text, separator = ",") {
  const rows = [];
  let row = [], cell = "", quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    cell = "";
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === separator) {
      row.push(cell);
      cell = "";
    } else if (c === "\n") endRow();
    else if (c !== "\r") cell += c;
  }
  if (cell !== "" || row.length) endRow();
  return rows;
}

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export class App {
  async run(input) {
    const [names = [], ...rows] = parse(await readFile(input.table.path, "utf8"), input.separator ?? ",");
    const columns = names.map((name, index) => {
      const cells = rows.map((row) => row[index] ?? "").filter((cell) => cell.trim() !== "");
      const numbers = cells.map(Number);
      const column = { name, filled: cells.length };
      if (!numbers.length || !numbers.every(Number.isFinite)) return column;
      const sum = numbers.reduce((a, b) => a + b, 0);
      const minimum = numbers.reduce((a, b) => Math.min(a, b)), maximum = numbers.reduce((a, b) => Math.max(a, b));
      return { ...column, minimum, maximum, mean: sum / numbers.length };
    });
    const heads = ["name", "filled", "minimum", "maximum", "mean"];
    const line = (tag, cells) => `<tr>${cells.map((cell) => `<${tag}>${escaped(cell ?? "")}</${tag}>`).join("")}</tr>`;
    const html = [
      "<!doctype html>", '<meta charset="utf-8">', `<title>${escaped(input.table.filename ?? "table")}</title>`,
      `<p>${rows.length} rows</p>`, "<table>", line("th", heads),
      ...columns.map((column) => line("td", heads.map((head) => column[head]))), "</table>", "",
    ];
    const report = join(await mkdtemp(join(tmpdir(), "report-")), "report.html");
    await writeFile(report, html.join("\n"));
    console.log(`${rows.length} rows, ${columns.length} columns`);
    return { rows: rows.length, columns, report: { path: report } };
  }
}
