// SPDX-License-Identifier: Apache-2.0

extension NodeRunner {
    /// Lines of JSON from and to the host.
    static let channel = #"""
        // SPDX-License-Identifier: Apache-2.0
        // Lines of JSON from and to the host.

        import fs from "node:fs";
        import net from "node:net";

        const maximumLine = 8 << 20;
        const maximumLog = 16 << 10;

        export class TooLong extends Error {}

        export class Channel {
          #commands;
          #replies;

          constructor(commands, replies) {
            this.#commands = commands;
            this.#replies = replies;
          }

          send(type, members = {}) {
            this.sendRaw({ type, ...members });
          }

          sendRaw(message) {
            const bytes = Buffer.from(JSON.stringify(message) + "\n");
            if (bytes.length > maximumLine) {
              throw new TooLong(`the output is ${bytes.length} bytes of JSON, over ${maximumLine}; return files`);
            }
            let sent = 0;
            while (sent < bytes.length) {
              try {
                sent += fs.writeSync(this.#replies, bytes, sent);
              } catch (error) {
                if (error.code !== "EAGAIN") throw error;
                // The pipe is full and its other end does not block: look again in a millisecond.
                Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
              }
            }
          }

          /** A logger whose lines the host gets with their level. */
          logger(task) {
            const tell = (level) => (...parts) => {
              const text = parts.map((part) => (typeof part === "string" ? part : inspect(part))).join(" ");
              const members = { level, message: text.slice(0, maximumLog) };
              if (task() !== undefined) members.task = task();
              this.send("log", members);
            };
            const info = tell("info");
            return { debug: tell("debug"), info, log: info, warn: tell("warning"), error: tell("error") };
          }

          /** Each message of the host, until the end. */
          async *messages() {
            const facts = fs.fstatSync(this.#commands);
            const stream = facts.isFIFO() || facts.isSocket()
              ? new net.Socket({ fd: this.#commands, readable: true, writable: false })
              : fs.createReadStream("", { fd: this.#commands });
            let parts = [];
            for await (let chunk of stream) {
              let end;
              while ((end = chunk.indexOf(10)) >= 0) {
                parts.push(chunk.subarray(0, end));
                chunk = chunk.subarray(end + 1);
                const line = Buffer.concat(parts).toString();
                parts = [];
                let message;
                try {
                  message = JSON.parse(line);
                } catch {
                  continue;
                }
                if (message !== null && typeof message === "object") yield message;
              }
              parts.push(chunk);
            }
          }
        }

        function inspect(value) {
          if (value instanceof Error) return value.stack ?? String(value);
          try {
            return JSON.stringify(value) ?? String(value);
          } catch {
            return String(value);
          }
        }

        """#
}
