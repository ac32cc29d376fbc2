// SPDX-License-Identifier: Apache-2.0

/// What automatic upload does with the strings of a task's input.
public struct UploadPolicy: Sendable, Hashable {
    enum Mode: Sendable, Hashable {
        case schemaLed
        case explicitOnly
    }

    let mode: Mode
    /// Folders that paths in strings must lie beneath; nil for anywhere but the places that never qualify.
    /// ``FileInput`` paths are not bound by it.
    public var uploadRoots: [String]?

    private init(mode: Mode) { self.mode = mode }

    /// By the app's schema; where that says nothing, by what the string is beyond doubt. The default.
    public static let schemaLed = UploadPolicy(mode: .schemaLed)
    /// Only ``FileInput`` values are files; every string is sent as it is.
    public static let explicitOnly = UploadPolicy(mode: .explicitOnly)

    /// The same policy with paths in strings bound to these folders.
    public func beneath(_ roots: [String]) -> UploadPolicy {
        var copy = self
        copy.uploadRoots = roots
        return copy
    }

    var usesSchema: Bool { mode == .schemaLed }
}
