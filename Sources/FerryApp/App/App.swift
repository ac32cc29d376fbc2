// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// One app: a named set of functions that take JSON and give JSON.
///
/// Make an executable of one or more apps with ``AppWorker/main(apps:arguments:)``. A process works on one task at a
/// time, so a value of this type sees one call at a time; it lives as long as the process and may keep what is dear
/// to load.
public protocol App: Sendable {
    /// What the app is called and what its functions take and give.
    static var manifest: AppManifest { get }

    /// Works on one task.
    ///
    /// Files in `input` are objects with a local path: read them with ``File/init(json:)``. Files to be handed out
    /// belong into ``TaskContext/outputDirectory`` and into the result as ``File/json``.
    ///
    /// The Swift task this runs in is cancelled when the caller cancels; stop then, best by throwing
    /// `CancellationError`.
    ///
    /// - Parameters:
    ///   - function: one of the names in the manifest.
    ///   - input: an object that fits the function's input schema.
    ///   - context: the task's folders, and where to report.
    /// - Returns: an object that fits the function's output schema.
    /// - Throws: ``AppFailure`` with a message for the caller. Of any other error the caller learns only that the app
    ///   failed; its text goes to the log.
    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue
}
