// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// How a command shows its data.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON, one value a line; failures as {\"error\":{\"code\",\"message\"}}.")
    var json = false

    @Flag(name: [.short, .long], help: "Print only ids, addresses or paths, and no progress.")
    var quiet = false

    /// Where the command speaks.
    var console: Console { Console(format: json ? .json : quiet ? .quiet : .human, isQuiet: quiet) }
}
