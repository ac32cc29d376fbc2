// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

/// What workers must have in common to be given the same tasks.
struct WorkerKey: Sendable, Hashable {
    var app: String
    var versionID: String
    var team: String
    /// What it is set up with, as bytes: members in the order of their names.
    var setup: [UInt8]

    init(_ job: AppJob) {
        app = job.app
        versionID = job.versionID
        team = job.teamID
        setup = job.setup.ordered.serialized()
    }

    /// The version, of which only so many may run at once.
    var version: String { "\(app)@\(versionID)" }
}

extension JSONValue {
    /// The same value with the members of every object ordered by the bytes of their names.
    fileprivate var ordered: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.ordered))
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return .object(JSONObject(members: sorted.map { ($0.key, $0.value.ordered) }))
        default: return self
        }
    }
}
