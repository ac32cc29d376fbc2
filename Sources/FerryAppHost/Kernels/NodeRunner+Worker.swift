// SPDX-License-Identifier: Apache-2.0

extension NodeRunner {
    /// The conversation with the host.
    static let worker = #"""
        // SPDX-License-Identifier: Apache-2.0
        // The conversation with the host, one task at a time.

        import { TooLong } from "./channel.mjs";
        import { functions, load, manifest, NoApp, pascal } from "./loading.mjs";
        import { BadInput, BadOutput, output, validated, words } from "./values.mjs";

        export async function describe(channel, folder) {
          try {
            channel.sendRaw([await manifest(await load(folder))]);
            return 0;
          } catch (error) {
            console.error(error instanceof NoApp ? error.message : error);
            if (!(error instanceof NoApp)) console.error(words(error));
            return 1;
          }
        }

        export class Worker {
          #channel;
          #folder;
          #reference;
          #loaded;
          #app;
          #task;
          #work;
          #abort;

          constructor(channel, folder, reference) {
            this.#channel = channel;
            this.#folder = folder;
            this.#reference = reference;
          }

          async run() {
            for await (const message of this.#channel.messages()) {
              if (message.type === "hello") this.#channel.send("hello", { protocol: 2, apps: [this.#reference] });
              else if (message.type === "setup" && !(await this.#setUp(message))) return 1;
              else if (message.type === "run") this.#begin(message);
              else if (message.type === "cancel" && this.#work && message.task === this.#task) void this.#cancel();
              else if (message.type === "shutdown") break;
            }
            if (this.#work) {
              await this.#cancel();
              await this.#work;
            }
            try {
              await this.#app?.unload?.();
            } catch (error) {
              console.error(error);
            }
            return 0;
          }

          async #setUp({ setup, metadata }) {
            try {
              await this.#prepare();
              if (typeof this.#app.setup === "function") {
                const config = validated(this.#loaded.exported.AppSetup, setup ?? {}, "setup");
                const names = parameters(this.#app.setup);
                const given = names.map((name) => (/^_*meta/i.test(name) ? metadata ?? {} : config));
                await this.#app.setup(...(names.length ? given : [config, metadata ?? {}]));
              }
              this.#channel.send("ready");
              return true;
            } catch (error) {
              const isPlain = error instanceof NoApp || error instanceof BadInput;
              if (!isPlain) console.error(error);
              const code = error instanceof BadInput ? "validation_error" : "setup_failed";
              this.#channel.send("setup_failed", { code, message: isPlain ? error.message : words(error) });
              return false;
            }
          }

          async #prepare() {
            if (this.#app) return;
            this.#loaded = await load(this.#folder);
            const app = new this.#loaded.App();
            app.logger = this.#channel.logger(() => this.#task);
            this.#app = app;
          }

          #begin(message) {
            if (this.#work) {
              this.#fail(message.task, "busy", "another task still runs");
              return;
            }
            this.#task = message.task;
            this.#abort = new AbortController();
            const work = this.#perform(message).finally(() => {
              if (this.#work === work) this.#work = undefined;
            });
            this.#work = work;
          }

          async #perform({ task, function: wanted, input, metadata }) {
            const end = (type, members) => {
              // Before the message leaves: the next task may come at once.
              this.#work = undefined;
              this.#channel.send(type, { task, ...members });
            };
            const abort = this.#abort;
            try {
              await this.#prepare();
              const name = wanted || "run";
              const known = functions(this.#loaded);
              if (!known.includes(name)) {
                const has = known.join(", ");
                return this.#fail(task, "unknown_function", `the app has no function ${name}; it has ${has}`);
              }
              const value = validated(this.#loaded.exported[`${pascal(name)}Input`], input ?? {}, "input");
              const facts = { ...(metadata ?? {}) };
              // Aborted when the task is cancelled; not among what is listed or serialized.
              Object.defineProperty(facts, "signal", { value: abort.signal });
              let result = this.#app[name](value, facts);
              if (typeof result?.[Symbol.asyncIterator] === "function" || typeof result?.next === "function") {
                let last;
                for await (last of result) {
                  if (abort.signal.aborted) break;
                  this.#channel.send("partial", { task, output: output(last) });
                }
                result = last;
              } else {
                result = await result;
              }
              if (abort.signal.aborted) return end("cancelled");
              end("result", { output: output(result) });
            } catch (error) {
              if (abort.signal.aborted) return end("cancelled");
              if (error instanceof BadInput) return this.#fail(task, "validation_error", error.message);
              if (error instanceof BadOutput || error instanceof TooLong) {
                return this.#fail(task, "bad_output", error.message);
              }
              console.error(error);
              this.#fail(task, "app_error", words(error));
            }
          }

          #fail(task, code, message) {
            if (task === this.#task) this.#work = undefined;
            this.#channel.send("error", { task, code, message });
          }

          async #cancel() {
            const abort = this.#abort;
            try {
              await this.#app?.onCancel?.();
            } catch (error) {
              console.error(error);
            }
            abort.abort();
          }
        }

        /** The names of a method's parameters as its source has them. */
        function parameters(method) {
          const source = Function.prototype.toString.call(method).replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
          const start = source.indexOf("(");
          let depth = 0;
          let name = "";
          const names = [];
          for (const letter of source.slice(start)) {
            if ("([{".includes(letter)) depth += 1;
            if (")]}".includes(letter)) depth -= 1;
            if (depth === 0 || (depth === 1 && letter === ",")) {
              if (name.trim()) names.push(name.trim().split(/[\s=]/)[0]);
              name = "";
              if (depth === 0) break;
            } else if (depth > 1 || letter !== "(") name += letter;
          }
          return names;
        }

        """#
}
