// SPDX-License-Identifier: Apache-2.0

/// What automatic upload does with the strings of a task's input.
///
/// Whatever the policy, no string leads to a place of the system or of secrets (`/etc`, `/proc`, `/sys`, `/dev`,
/// `/run`, folders and files of credentials, keys), to anything but a regular file, or beyond the limits below. What a
/// ``FileInput`` says is meant, and bound by none of this.
public struct UploadPolicy: Sendable, Hashable {
    enum Mode: Sendable, Hashable {
        case schemaLed
        case explicitOnly
        case reference
    }

    let mode: Mode
    /// Folders that paths in strings must lie beneath, every link resolved; nil for anywhere but the places that never
    /// qualify.
    public var uploadRoots: [String]?
    /// Most files that strings of one input may name by their paths. 1,000.
    public var maximumFiles = 1000
    /// Most bytes of a file that a string names by its path. 16 GiB.
    public var maximumFileSize: Int64 = 16 << 30

    private init(mode: Mode) { self.mode = mode }

    /// By the app's schema; where that says nothing, by what the string is beyond doubt. The default.
    public static let schemaLed = UploadPolicy(mode: .schemaLed)
    /// Only ``FileInput`` values are files; every string is sent as it is, and no schema is asked for.
    public static let explicitOnly = UploadPolicy(mode: .explicitOnly)
    /// By the rules of the official Python client, whatever the schema says: any string that is the path of an existing
    /// file, `./` or not, that begins with `data:`, or that could be base64 of 16 characters or more is a file. Ordinary
    /// words and ids are uploaded by that: each guess stands in the plan with a warning and in the log.
    public static let reference = UploadPolicy(mode: .reference)

    /// The same policy with paths in strings bound to these folders.
    public func beneath(_ roots: [String]) -> UploadPolicy {
        var copy = self
        copy.uploadRoots = roots
        return copy
    }

    var usesSchema: Bool { mode == .schemaLed }
}
