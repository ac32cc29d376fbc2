// SPDX-License-Identifier: Apache-2.0

extension NodeRunner {
    /// What apps take and return as JSON, and what they throw as words.
    static let values = #"""
        // SPDX-License-Identifier: Apache-2.0
        // What apps take and return as JSON, and what they throw as words.

        import fs from "node:fs";
        import path from "node:path";
        import { isObject, isValidator } from "./loading.mjs";

        const maximumMessage = 4 << 10;

        export class BadInput extends Error {}
        export class BadOutput extends Error {}

        /** The value as a validator wants it; others than validators take it as it is. */
        export function validated(schema, value, where) {
          if (!isValidator(schema)) return value;
          const first = check(schema, value);
          if (first.success) return first.data;
          // Schemas often say that a file is a string.
          const second = check(schema, withoutFiles(value));
          if (second.success) return second.data;
          const issues = first.error?.issues ?? first.error?.errors;
          if (!Array.isArray(issues)) throw new BadInput(`${where}: ${first.error?.message ?? first.error}`);
          const name = (issue) => [where, ...(issue.path ?? [])].join(".");
          const parts = issues.slice(0, 20).map((issue) => `${name(issue)}: ${issue.message}`);
          throw new BadInput(parts.join("; ").slice(0, maximumMessage));
        }

        function check(schema, value) {
          if (typeof schema.safeParse === "function") return schema.safeParse(value);
          try {
            return { success: true, data: schema.parse(value) };
          } catch (error) {
            return { success: false, error };
          }
        }

        function withoutFiles(value) {
          if (Array.isArray(value)) return value.map(withoutFiles);
          if (!isObject(value)) return value;
          if (typeof value.path === "string" && ("filename" in value || "content_type" in value)) return value.path;
          return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFiles(item)]));
        }

        /** A result as a JSON object, with absolute paths of files. */
        export function output(value) {
          if (value === undefined || value === null) return {};
          if (!isObject(value)) throw new BadOutput(`the app returned ${typeof value}; return an object`);
          let text;
          try {
            text = JSON.stringify(value);
          } catch (error) {
            throw new BadOutput(`the output has no form in JSON: ${error.message}`);
          }
          return located(JSON.parse(text));
        }

        function located(value) {
          if (Array.isArray(value)) return value.map(located);
          if (!isObject(value)) return value;
          const members = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, located(item)]));
          const place = members.path;
          if (typeof place === "string" && place !== "" && !path.isAbsolute(place) && fs.existsSync(place)) {
            members.path = path.resolve(place);
          }
          return members;
        }

        export function words(error) {
          const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
          return text.slice(0, maximumMessage);
        }

        """#
}
