// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension File {
    /// Reads a file of a task's input: an object with at least `path`, or a path as a string.
    ///
    /// Unknown members are ignored; so is `size`, which ``size`` reads from the disk.
    ///
    /// - Throws: ``AppFailure`` with code `invalid_input` for anything else, an empty path or an address among it.
    public init(json: JSONValue) throws {
        switch json {
        case .string(let path):
            self.init(path: try Self.checked(path))
        case .object(let members):
            guard let path = members["path"]?.stringValue else {
                throw AppFailure("a file field has no path", code: .invalidInput)
            }
            self.init(
                path: try Self.checked(path), contentType: members["content_type"]?.stringValue,
                filename: members["filename"]?.stringValue)
        default:
            throw AppFailure("a file field holds \(json.kind), not a file", code: .invalidInput)
        }
    }

    /// `{"path", "content_type", "size", "filename"}`, without what is not known.
    public var json: JSONValue {
        var members: JSONObject = ["path": .string(path)]
        if let contentType { members["content_type"] = .string(contentType) }
        if let size { members["size"] = .integer(size) }
        members["filename"] = .string(filename)
        return .object(members)
    }

    private static func checked(_ path: String) throws -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw AppFailure("a file field holds no path", code: .invalidInput)
        }
        for scheme in ["http://", "https://", "inf://", "inf-files://", "file:", "data:"]
        where path.utf8.starts(with: scheme.utf8) {
            throw AppFailure("a file field holds an address (\(scheme)), not a local path", code: .invalidInput)
        }
        return path
    }
}
