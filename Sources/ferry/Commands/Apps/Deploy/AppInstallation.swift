// SPDX-License-Identifier: Apache-2.0

import FerryAppHost
import FerryClient
import FerryServerCore
import FerryWire

/// A version of an app that a server can run now.
struct AppInstallation: Sendable, Hashable {
    /// `namespace/name`.
    var reference: String
    /// The version's id.
    var versionID: String
    /// Whether the server had no such version before; nil if it does not say.
    var isNew: Bool?

    /// `namespace/name@shortid`, which runs this version and no other.
    var versioned: String { "\(reference)@\(Identifier.short(versionID))" }

    /// The form that `--json` prints.
    var json: JSONValue {
        var object: JSONObject = [
            "app": .string(reference), "reference": .string(versioned), "version_id": .string(versionID),
        ]
        if let isNew { object["new"] = .bool(isNew) }
        return .object(object)
    }

    /// Puts a folder among the apps of a server of this machine, with the same files that go over HTTP.
    ///
    /// - Throws: ``CommandFailure`` and `FerryError` if the folder cannot be taken.
    static func local(_ folder: String, appsDirectory: String) async throws -> AppInstallation {
        do {
            let installed = try await StagedFolder.with(folder) { staged in
                try await AppFolderStore(appsDirectory: appsDirectory).install(from: staged)
            }
            return AppInstallation(
                reference: installed.reference, versionID: installed.versionID, isNew: installed.isNew)
        } catch let error as ServerError {
            throw failure(error)
        }
    }

    /// What a refused installation means for the command line.
    static func failure(_ error: ServerError) -> CommandFailure {
        let kind: CommandFailure.Kind =
            switch error.code {
            case .conflict: .alreadyExists
            case .storageFull, .internalError: .other
            default: .refused
            }
        return CommandFailure(kind, error.message)
    }

    /// Sends a folder to a server.
    ///
    /// - Throws: `FerryError`.
    static func remote(_ folder: String, _ ferry: Ferry) async throws -> AppInstallation {
        let app = try await ferry.apps.deploy(folder: folder)
        return AppInstallation(reference: app.reference, versionID: app.versionID)
    }
}
