// SPDX-License-Identifier: Apache-2.0

import FerryApp

/// Gives back a number: what a call of it costs is the way there and back.
struct EchoApp: App {
    static let manifest = AppInfo(
        "bench/echo-swift", version: "1", description: "Gives back a number.", category: "other")

    struct Input: AppInput {
        @Field("Any number.") var number: Int
    }

    struct Output: AppOutput {
        @Field("The same number.") var number: Int
    }

    func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
        Output { $0.number = input.number }
    }
}

@main enum Main {
    static func main() async { await AppWorker.main { EchoApp() } }
}
