// SPDX-License-Identifier: Apache-2.0

/// A task's state. Integers on the wire; the lower-case names are read too.
public enum TaskStatus: Int, Sendable, CaseIterable, Comparable {
    case unknown = 0
    case received, queued, dispatched, preparing, serving, settingUp, running, cancelling, uploading
    case completed, failed, cancelled, rejected

    /// Whether the task has ended.
    public var isTerminal: Bool { rawValue >= TaskStatus.completed.rawValue }

    /// The name on the wire, such as `setting_up`.
    public var name: String { self == .settingUp ? "setting_up" : "\(self)" }

    /// The state of that wire name.
    public init?(name: String) {
        guard let status = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = status
    }

    /// Reads either wire form; anything unknown is ``unknown``.
    public init(json: JSONValue?) {
        if let number = json?.integerValue {
            self = Int(exactly: number).flatMap(TaskStatus.init(rawValue:)) ?? .unknown
        } else {
            self = json?.stringValue.flatMap(TaskStatus.init(name:)) ?? .unknown
        }
    }

    public static func < (lhs: TaskStatus, rhs: TaskStatus) -> Bool { lhs.rawValue < rhs.rawValue }
}
