// SPDX-License-Identifier: Apache-2.0

extension AppTemplate {
    /// An app for Node, without dependencies: its schemas are plain JSON Schema.
    static let nodeFiles: [File] = [
        File(path: "inf.yml", text: nodeDescription),
        File(path: "package.json", text: nodePackage),
        File(path: "src/inference.js", text: nodeCode),
    ]

    private static let nodeDescription = """
        namespace: "@NAMESPACE@"
        name: "@NAME@"
        description: "Counts the words of a text and lists the most frequent ones."
        category: text
        kernel: node-22

        """

    private static let nodePackage = """
        {
          "name": "@NAME@",
          "private": true,
          "type": "module"
        }

        """

    private static let nodeCode = #"""
        // Counts the words of a text and lists the most frequent ones.

        import { mkdtemp, readFile, writeFile } from "node:fs/promises";
        import { tmpdir } from "node:os";
        import { join } from "node:path";

        export const RunInput = {
          type: "object",
          properties: {
            document: { type: "string", format: "file", contentMediaType: "text/plain", description: "The text, UTF-8." },
            top: { type: "integer", default: 10, minimum: 1, maximum: 1000, description: "How many words to list." },
          },
          required: ["document"],
        };

        export const RunOutput = {
          type: "object",
          properties: {
            words: { type: "integer", description: "Words in the text." },
            table: {
              type: "string", format: "file",
              description: "The most frequent words as CSV, the most frequent first.",
            },
          },
          required: ["words", "table"],
        };

        export class App {
          // Called once, before the first run: the place to load what is dear to load.
          async setup() {
            this.word = /[\p{L}\p{N}_]+(?:['’][\p{L}\p{N}_]+)*/gu;
          }

          async run(input) {
            const text = await readFile(input.document.path, "utf8");
            const found = text.toLowerCase().match(this.word) ?? [];
            const counts = new Map();
            for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1);
            const frequent = [...counts]
              .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
              .slice(0, input.top ?? 10);
            const table = join(await mkdtemp(join(tmpdir(), "words-")), "words.csv");
            await writeFile(table, ["word,count", ...frequent.map((row) => row.join(","))].join("\n") + "\n");
            console.log(`${found.length} words, ${counts.size} different ones`);
            return { words: found.length, table: { path: table } };
          }
        }

        """#
}
