// SPDX-License-Identifier: Apache-2.0

extension NodeRunner {
    /// `run.mjs`: the program.
    static let start = #"""
        // SPDX-License-Identifier: Apache-2.0
        // Runs an app of the platform's Node conventions: `run.mjs FOLDER REFERENCE [describe]`, with the host on
        // descriptors 3 and 4: whoever starts this has put them there, since Node cannot copy descriptors.

        import { Channel } from "./channel.mjs";
        import { describe, Worker } from "./worker.mjs";

        const [folder, reference, wanted] = process.argv.slice(2);
        process.argv.splice(1);
        const channel = new Channel(3, 4);
        const work = wanted === "describe" ? describe(channel, folder) : new Worker(channel, folder, reference).run();
        const code = await work;
        // Timers and sockets that the app left behind do not keep the process.
        process.exit(code);

        """#
}
