// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// What a form says of its file.
enum FormOptions {
    /// The fields with a meaning; others are ignored.
    static let fields: Set<String> = ["filename", "content_type", "public", "path", "category", "expires_in"]

    /// The file that the fields and the headers of the file's part describe. Empty fields say nothing.
    static func file(_ fields: [String: String], _ part: MultipartPart?) throws(ServerError) -> PartialFile {
        func value(_ name: String) -> String? { fields[name].flatMap { $0.utf8.isEmpty ? nil : $0 } }
        try FileTypeRules.check(value("content_type"), place: "")
        let type = FileTypeRules.given(value("content_type")) ?? FileTypeRules.given(part?.contentType)
        return PartialFile(
            filename: value("filename") ?? part?.filename, contentType: type?.description, path: value("path"),
            isPublic: try value("public").map { text throws(ServerError) in try bool(text, "public") },
            expiresIn: try value("expires_in").map { text throws(ServerError) in try integer(text, "expires_in") })
    }

    private static func bool(_ text: String, _ name: String) throws(ServerError) -> Bool {
        switch text.lowercased() {
        case "true", "1": return true
        case "false", "0": return false
        default: throw ServerError(.validation, "/\(name): must be true or false")
        }
    }

    private static func integer(_ text: String, _ name: String) throws(ServerError) -> Int64 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) else {
            throw ServerError(.validation, "/\(name): must be a whole number of seconds")
        }
        return number
    }
}
