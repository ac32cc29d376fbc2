// SPDX-License-Identifier: Apache-2.0

/// What a worker of one version of an app is started with.
struct LaunchPlan: Sendable, Hashable {
    /// Absolute path of the program.
    var program: String
    /// Its arguments; `describe` is added by who asks.
    var arguments: [String]
    /// What the run message calls the app.
    var appReference: String
    /// The folder with the app's code, which it may read; nil for a program that is no folder.
    var codeFolder: String?
    /// What its environment holds beside what every worker gets.
    var environment: [String: String]
    /// Absolute folders the process needs to see, beside /usr, /lib*, /bin, /sbin, /opt and parts of /etc.
    var readable: [String]
    /// Absolute folders it may change, beside its own.
    var writable: [String] = []
    /// Bytes of memory it may take; nil for the host's default.
    var memory: Int64?
    /// Most workers of this version at once.
    var concurrency: WorkerConcurrency
}
