// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The apps of a process, and which of them are set up.
final class AppShelf: Sendable {
    private enum Stage {
        case begun
        case ready
        case failed
    }

    private let apps: [String: any HostedApp]
    private let stages = Mutex<[String: Stage]>([:])

    /// - Throws: ``AppFailure`` when two apps have one name, or an app lacks its default function.
    init(_ apps: [any HostedApp]) throws(AppFailure) {
        var table: [String: any HostedApp] = [:]
        for app in apps {
            let manifest = app.manifest
            guard table.updateValue(app, forKey: manifest.reference) == nil else {
                throw AppFailure("two apps are called \(manifest.reference)")
            }
            guard manifest.functions[manifest.defaultFunction] != nil else {
                throw AppFailure("\(manifest.reference) has no function \(manifest.defaultFunction), its default")
            }
        }
        self.apps = table
    }

    /// What the apps are, by name.
    var manifests: [AppManifest] { apps.values.map(\.manifest).sorted { $0.reference < $1.reference } }

    /// The app a message means: the one of that reference; when there is but one, and it has no namespace of its own,
    /// that one, since only `inf.yml` knows what it is called.
    func app(_ reference: String) throws(AppFailure) -> (key: String, app: any HostedApp) {
        if let app = apps[reference] { return (reference, app) }
        if apps.count == 1, let (key, app) = apps.first, app.manifest.namespace.isEmpty { return (key, app) }
        throw AppFailure("this process holds no app \(reference)", code: .unknownApp)
    }

    /// Whether an app may be set up now, which is allowed once; if so it counts as begun.
    func beginSetup(_ key: String) -> Bool {
        stages.withLock { stages in
            guard stages[key] == nil else { return false }
            stages[key] = .begun
            return true
        }
    }

    /// Notes how the setup of an app ended.
    func endSetup(_ key: String, isReady: Bool) {
        stages.withLock { $0[key] = isReady ? .ready : .failed }
    }

    /// Whether the app may run.
    func isReady(_ key: String) -> Bool { stages.withLock { $0[key] == .ready } }

    /// Unloads the apps that are set up.
    func unload() async {
        let ready = stages.withLock { stages in stages.filter { $0.value == .ready }.keys.sorted() }
        for key in ready { await apps[key]?.unload() }
    }
}
