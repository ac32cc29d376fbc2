// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What automatic upload would do with an input, decided before a byte leaves: one entry for every string and file.
public struct UploadPlan: Sendable {
    /// What happens to a value.
    public enum Verdict: String, Sendable, Hashable {
        /// It is uploaded and replaced by the file's address.
        case upload
        /// It is sent as it is.
        case keep
        /// It is an error.
        case refuse
    }

    /// Why. More rules may come with later versions.
    public struct Rule: Sendable, Hashable, CustomStringConvertible {
        /// The rule's stable name.
        public let description: String

        init(_ name: String) { description = name }

        /// It was given as a ``FileInput``.
        public static let explicit = Rule("explicit")
        /// The schema says file, and it is the path of one.
        public static let fileFieldPath = Rule("file_field_path")
        /// The schema says file, and it is a data URI.
        public static let fileFieldDataURI = Rule("file_field_data_uri")
        /// The schema says file, and it is base64.
        public static let fileFieldBase64 = Rule("file_field_base64")
        /// The schema says file, and it is an address.
        public static let fileFieldURI = Rule("file_field_uri")
        /// The schema says file, and it is nothing that could be one.
        public static let fileFieldMismatch = Rule("file_field_mismatch")
        /// The schema says text.
        public static let textField = Rule("text_field")
        /// The schema says neither, and it is an existing file's absolute, `./`, `../` or `~/` path.
        public static let path = Rule("path")
        /// It is a data URI beyond doubt.
        public static let dataURI = Rule("data_uri")
        /// The schema says neither, and it is long base64 that is not hexadecimal.
        public static let base64 = Rule("base64")
        /// Nothing makes it a file.
        public static let text = Rule("text")
        /// It is a path to a place from which nothing is uploaded by a guess.
        public static let deniedPath = Rule("denied_path")
        /// It is a path outside the folders that uploads are bound to.
        public static let outsideRoots = Rule("outside_roots")
        /// It is in an untrusted part of the input.
        public static let untrusted = Rule("untrusted")
        /// The policy takes no string for a file.
        public static let explicitOnly = Rule("explicit_only")
    }

    /// The decision on one value.
    public struct Entry: Sendable, Hashable {
        /// Where the value stands.
        public var pointer: JSONPointer
        /// Why it is decided so.
        public var rule: Rule
        /// What happens to it.
        public var verdict: Verdict
        /// What it is, in words fit for a screen: a path, or a description without content.
        public var source: String
        /// Size in bytes, if known without reading.
        public var size: Int64?
        /// Media type, if known without reading.
        public var contentType: String?
        /// What is wrong with it and what to do, if it is refused.
        public var reason: String?

        /// The entry as `ferry run --plan --json` shows it.
        public var json: JSONValue {
            [
                "pointer": .string("\(pointer)"), "rule": .string("\(rule)"), "verdict": .string(verdict.rawValue),
                "source": .string(source), "size": .optional(size), "content_type": .optional(contentType),
            ]
        }
    }

    /// The decisions, in the order of the input.
    public internal(set) var entries: [Entry] = []
    /// The input with the files to be uploaded still in it.
    var input: Node

    /// All entries as an array.
    public var json: JSONValue { .array(entries.map(\.json)) }

    /// The first thing that is refused, as an error; nil if the plan can be carried out.
    var refusal: FerryError? {
        entries.first { $0.verdict == .refuse }.map { entry in
            FerryError(.invalidInput, entry.reason ?? "not acceptable").at(entry.pointer)
        }
    }

    /// A file to be uploaded.
    struct PlannedFile: Sendable, Hashable {
        var file: FileInput
        /// The name it goes by, where the file does not say itself.
        var filename: String?
    }

    /// A value of the input after planning.
    indirect enum Node: Sendable {
        case json(JSONValue)
        case array([Node])
        case object([(key: String, value: Node)])
        /// To be uploaded, and replaced by its address.
        case file(PlannedFile, JSONPointer)

        /// The value, with the addresses of uploaded files in their places.
        func json(_ address: (JSONPointer) -> String?) -> JSONValue {
            switch self {
            case .json(let value): value
            case .array(let nodes): .array(nodes.map { $0.json(address) })
            case .object(let members): .object(JSONObject(members: members.map { ($0.key, $0.value.json(address)) }))
            case .file(_, let pointer): .optional(address(pointer))
            }
        }

        /// The files to be uploaded, in order.
        var files: [(PlannedFile, JSONPointer)] {
            switch self {
            case .json: []
            case .array(let nodes): nodes.flatMap(\.files)
            case .object(let members): members.flatMap(\.value.files)
            case .file(let file, let pointer): [(file, pointer)]
            }
        }
    }
}
