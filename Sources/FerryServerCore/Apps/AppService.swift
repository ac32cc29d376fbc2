// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// The apps there are.
package struct AppService: Sendable {
    private let runner: any AppRunner

    package init(runner: any AppRunner) { self.runner = runner }

    /// All apps, by reference.
    package func list(for principal: Principal) async throws -> [AppDTO] {
        try principal.require(.appsExecute)
        return try await runner.apps().sorted { $0.reference < $1.reference }
    }

    /// The app a reference means.
    ///
    /// A bare name resolves when one app alone has it.
    package func app(_ reference: AppReference, for principal: Principal) async throws -> AppDTO {
        try principal.require(.appsExecute)
        let matches = try await runner.apps().filter { app in
            app.name == reference.name && (reference.namespace == nil || app.namespace == reference.namespace)
        }
        guard let app = matches.first else {
            throw ServerError(.notFound, "no app \(reference.name); POST /apps/list or `ferry app list` shows all")
        }
        guard matches.count == 1 else {
            let names = matches.map(\.reference).sorted().joined(separator: ", ")
            throw ServerError(.conflict, "the name \(reference.name) is ambiguous; use one of \(names)")
        }
        if let version = reference.version, version != app.versionID, version != Identifier.short(app.versionID) {
            throw ServerError(
                .notFound, "no version \(version) of \(app.reference); leave the version away for the latest")
        }
        return app
    }
}
