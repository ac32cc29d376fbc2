// SPDX-License-Identifier: Apache-2.0

exports.AppSetup = { type: "object", properties: { step: { type: "integer", default: 1, minimum: 1 } } };
exports.RunInput = {
  type: "object",
  properties: {
    to: { type: "integer", default: 3, minimum: 1 },
    delay: { type: "integer", default: 0, description: "Milliseconds between two numbers." },
    fail: { type: "boolean", default: false },
  },
};
exports.RunOutput = {
  type: "object", properties: { numbers: { type: "array", items: { type: "integer" } }, done: { type: "boolean" } },
};

exports.App = class App {
  async setup(config) {
    this.step = config?.step ?? 1;
  }

  async *run(input) {
    this.stopped = false;
    const numbers = [];
    for (let number = this.step; number <= (input.to ?? 3); number += this.step) {
      if (this.stopped) throw new Error("told to stop");
      numbers.push(number);
      yield { numbers: [...numbers], done: false };
      if (input.delay) await new Promise((resolve) => setTimeout(resolve, input.delay));
    }
    if (input.fail) throw new Error("the counter is worn out");
    yield { numbers, done: true };
  }

  async onCancel() {
    this.stopped = true;
    return true;
  }
};
