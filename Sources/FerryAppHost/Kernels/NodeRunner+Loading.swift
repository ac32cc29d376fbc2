// SPDX-License-Identifier: Apache-2.0

extension NodeRunner {
    /// Finds the app in its folder, what can be called on it, and what that takes and gives.
    static let loading = #"""
        // SPDX-License-Identifier: Apache-2.0
        // Finds the app in its folder, what can be called on it, and what that takes and gives.

        import fs from "node:fs";
        import { createRequire } from "node:module";
        import path from "node:path";
        import { pathToFileURL } from "node:url";

        export class NoApp extends Error {}

        const reserved = new Set(["constructor", "setup", "unload", "onCancel"]);
        const places = ["src/inference.js", "src/inference.mjs", "src/inference.cjs", "inference.js", "inference.mjs"];

        /** The module's exports, those of CommonJS among them. */
        export async function load(folder) {
          const place = places.find((name) => fs.existsSync(path.join(folder, name)));
          if (!place) throw new NoApp("the app's folder has no src/inference.js; it exports the class App");
          const found = await import(pathToFileURL(path.join(folder, place)).href);
          const exported = { ...(isObject(found.default) ? found.default : {}), ...found };
          const candidates = [exported.App, found.default, exported["module.exports"]];
          const App = candidates.find((item) => typeof item === "function");
          if (!App || typeof App.prototype?.run !== "function") {
            throw new NoApp(`${place} exports no class App with a method run`);
          }
          return { App, exported, require: createRequire(path.join(folder, place)) };
        }

        /** The functions' names: `run`, and the methods with a schema of their input. */
        export function functions({ App, exported }) {
          const names = new Set();
          for (let type = App.prototype; type && type !== Object.prototype; type = Object.getPrototypeOf(type)) {
            for (const name of Object.getOwnPropertyNames(type)) {
              if (reserved.has(name) || name.startsWith("_") || typeof App.prototype[name] !== "function") continue;
              if (name === "run" || exported[`${pascal(name)}Input`]) names.add(name);
            }
          }
          return [...names].sort((a, b) => (b === "run") - (a === "run"));
        }

        export function pascal(name) {
          const parts = name.split(/[_\-]+/).filter(Boolean);
          return parts.map((part) => part[0].toUpperCase() + part.slice(1)).join("");
        }

        export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
        export const isValidator = (schema) =>
          typeof schema?.safeParse === "function" || typeof schema?.parse === "function";

        export async function manifest(loaded) {
          const { App, exported } = loaded;
          const described = {};
          for (const name of functions(loaded)) {
            described[name] = {
              description: isObject(App.descriptions) ? String(App.descriptions[name] ?? "") : "",
              input_schema: await jsonSchema(exported[`${pascal(name)}Input`], loaded),
              output_schema: await jsonSchema(exported[`${pascal(name)}Output`], loaded),
            };
          }
          const found = {
            namespace: "", name: "", version: "",
            description: typeof App.description === "string" ? App.description : "",
            category: "other", default_function: "run", functions: described,
          };
          if (exported.AppSetup) found.setup_schema = await jsonSchema(exported.AppSetup, loaded);
          return found;
        }

        /** A plain JSON Schema as it is; that of a zod object by the folder's zod; null if there is none. */
        async function jsonSchema(schema, { require }) {
          if (schema === undefined || schema === null) return null;
          if (!isValidator(schema)) return isObject(schema) ? schema : null;
          if (typeof schema.toJSONSchema === "function") return schema.toJSONSchema();
          try {
            const zod = await import(pathToFileURL(require.resolve("zod")).href);
            const convert = zod.toJSONSchema ?? zod.z?.toJSONSchema ?? zod.default?.toJSONSchema;
            if (convert) return convert(schema, { io: "input", unrepresentable: "any" });
            const older = await import(pathToFileURL(require.resolve("zod-to-json-schema")).href);
            return (older.zodToJsonSchema ?? older.default?.zodToJsonSchema)(schema);
          } catch {
            return null;
          }
        }

        """#
}
