// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Synchronization

/// The schemas of apps, each asked for once.
///
/// That of a named version (`name@version`) is kept for good, since versions never change. That of the newest version
/// is asked for again once it is 60 s old, after the server refused a run, and when a task turns out to run another
/// version. That there is none is not kept. At most 64 apps are kept, those used last, and none with more than 256 KiB
/// of schemas.
final class SchemaCache: Sendable {
    /// How long the schemas of a newest version hold, in seconds.
    static let lifetime: Int64 = 60
    static let maximumApps = 64
    static let maximumSize = 256 << 10

    private struct Entry {
        var app: AppDTO
        /// Whether it is the version that was named, which never changes.
        var isFixed: Bool
        var time: Timestamp
        var use: UInt64
    }

    /// Those who want what is being asked for wait here, so that one asks for all.
    private struct Queue {
        var gate = Gate(width: 1)
        var users = 0
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var queues: [String: Queue] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The app, from here or by asking; one question at a time for each app.
    ///
    /// - Parameters:
    ///   - now: the time of day.
    ///   - ask: asks the server; nil if it has no such app.
    func app(
        _ reference: AppReference, now: @Sendable () -> Timestamp, ask: () async throws -> AppDTO?
    ) async throws -> AppDTO? {
        let key = Self.key(reference)
        if let app = known(key, now()) { return app }
        let gate = state.withLock { state in
            state.queues[key, default: Queue()].users += 1
            return state.queues[key]?.gate ?? Gate(width: 1)
        }
        defer { leave(key) }
        return try await gate.pass {
            if let app = known(key, now()) { return app }
            let app = try await ask()
            if let app { keep(app, reference, now()) }
            return app
        }
    }

    /// Forgets what may be out of date of an app, unless it is of that version.
    func forget(_ reference: AppReference, unlessVersion version: String? = nil) {
        state.withLock { state in
            let key = Self.key(reference)
            guard let known = state.entries[key], version == nil || known.app.versionID != version else { return }
            state.entries[key] = nil
        }
    }

    private static func key(_ reference: AppReference) -> String {
        var reference = reference
        reference.function = nil
        return reference.description
    }

    private func known(_ key: String, _ now: Timestamp) -> AppDTO? {
        state.withLock { state in
            guard let entry = state.entries[key] else { return nil }
            let age = now.seconds - entry.time.seconds
            guard entry.isFixed || (0..<Self.lifetime).contains(age) else {
                state.entries[key] = nil
                return nil
            }
            state.uses += 1
            state.entries[key]?.use = state.uses
            return entry.app
        }
    }

    private func keep(_ app: AppDTO, _ reference: AppReference, _ time: Timestamp) {
        let size = app.functions.reduce(0) { $0 + $1.inputSchema.serialized().count }
        guard size <= Self.maximumSize else { return }
        let isFixed = [app.versionID, Identifier.short(app.versionID)].contains { $0 == reference.version }
        var kept = app
        for index in kept.functions.indices { kept.functions[index].outputSchema = .null }
        state.withLock { state in
            state.uses += 1
            state.entries[Self.key(reference)] = Entry(app: kept, isFixed: isFixed, time: time, use: state.uses)
            if state.entries.count > Self.maximumApps,
                let oldest = state.entries.min(by: { $0.value.use < $1.value.use })?.key
            {
                state.entries[oldest] = nil
            }
        }
    }

    private func leave(_ key: String) {
        state.withLock { state in
            state.queues[key]?.users -= 1
            if state.queues[key]?.users == 0 { state.queues[key] = nil }
        }
    }
}
