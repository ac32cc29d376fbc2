// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// An app as the worker calls it: JSON in, JSON out.
protocol HostedApp: Sendable {
    /// What the app is called and what its functions take and give.
    var manifest: AppManifest { get }
    /// Called once, before the first run.
    func setUp(_ setup: JSONValue, context: SetupContext) async throws
    /// Runs one of the functions in the manifest.
    func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue
    /// Tells the app that the task at work is to stop.
    func cancel() async
    /// Lets go of what the setup loaded.
    func unload() async
}
