// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// The apps there are.
package struct AppService: Sendable {
    private let runner: any AppRunner
    private let pages: PageCursors

    package init(runner: any AppRunner, pages: PageCursors) {
        self.runner = runner
        self.pages = pages
    }

    /// A page of the apps, by reference unless the request says otherwise.
    package func list(_ request: CursorListRequest, for principal: Principal) async throws -> RecordPage<AppDTO> {
        try principal.require(.appsExecute)
        let teamID = principal.team.id
        return try await pages.page(request, teamID: teamID) {
            try await runner.apps().map { ListedApp(app: $0, teamID: teamID) }
        }.map(\.app)
    }

    /// All apps, by reference.
    package func list(for principal: Principal) async throws -> [AppDTO] {
        try principal.require(.appsExecute)
        return try await runner.apps().sorted { $0.reference < $1.reference }
    }

    /// The app a reference means, in the version it names, else in the newest.
    ///
    /// A bare name resolves when one app alone has it.
    package func app(_ reference: AppReference, for principal: Principal) async throws -> AppDTO {
        try principal.require(.appsExecute)
        let app = try await newest(reference)
        guard let version = reference.version, !app.isVersion(version) else { return app }
        guard let older = try await runner.version(version, of: app.reference) else {
            throw ServerError(
                .notFound, "no version \(version) of \(app.reference); leave the version away for the latest")
        }
        return older
    }

    /// The app a reference means, for a call of a session: in the session's version, whatever the newest one is.
    func app(
        _ reference: AppReference, in session: SessionRecord?, for principal: Principal
    ) async throws -> AppDTO {
        guard let session else { return try await app(reference, for: principal) }
        let parts = session.app.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, reference.name == parts[1], reference.namespace ?? parts[0] == parts[0] else {
            throw ServerError(.appMismatch, "the session is one of \(session.app); call that app, or begin a new one")
        }
        let version = session.appVersionID
        if let wanted = reference.version, wanted != version, wanted != Identifier.short(version) {
            throw ServerError(
                .versionMismatch,
                "the session runs version \(Identifier.short(version)) of \(session.app); leave the version away")
        }
        guard let app = try await runner.version(version, of: session.app) else {
            throw ServerError(
                .versionMismatch, "the session's version of \(session.app) is no longer on this server; begin a new one"
            )
        }
        return app
    }

    private func newest(_ reference: AppReference) async throws -> AppDTO {
        // An app may still be made ready; who asks for it waits, and learns why if it cannot be.
        let preparing = runner as? any AppPreparing
        try await preparing?.prepareApps(name: reference.name, namespace: reference.namespace)
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
        return app
    }
}

extension AppDTO {
    /// Whether a text names this version, in full or short.
    fileprivate func isVersion(_ text: String) -> Bool {
        text == versionID || text == Identifier.short(versionID)
    }
}
