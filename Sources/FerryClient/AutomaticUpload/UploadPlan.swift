// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What automatic upload would do with an input, decided before a byte leaves: one entry for every string and file.
///
/// Made by ``TasksAPI/plan(app:input:function:uploads:)``, carried out by ``TasksAPI/run(_:options:)``. The files are
/// those that were looked at: one that is another by then, or has changed, is an error.
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

    /// The decision on one value.
    public struct Entry: Sendable, Hashable {
        /// Where the value stands.
        public var pointer: JSONPointer
        /// Why it is decided so.
        public var rule: Rule
        /// What happens to it.
        public var verdict: Verdict
        /// What it is, in words fit for a screen: a file's path with every link resolved, or a description without
        /// content.
        public var source: String
        /// Size in bytes, if known.
        public var size: Int64?
        /// Media type, if known.
        public var contentType: String?
        /// What is wrong with it and what to do, if it is refused.
        public var reason: String?
        /// The kind of failure, if it is refused.
        public var failure: FerryError.Code?
        /// What the caller should know of a decision that stands: that it is a guess, or that a path was left alone.
        public var warning: String?

        /// The entry as `ferry run --plan --json` shows it.
        public var json: JSONValue {
            [
                "pointer": .string("\(pointer)"), "rule": .string("\(rule)"), "verdict": .string(verdict.rawValue),
                "source": .string(source), "size": .optional(size), "content_type": .optional(contentType),
            ]
        }

        /// Makes it a refusal.
        mutating func refuse(_ rule: Rule, _ reason: String, _ failure: FerryError.Code = .invalidInput) {
            self.rule = rule
            self.reason = reason
            self.failure = failure
            verdict = .refuse
        }
    }

    /// The app it was made for, as it was named.
    public internal(set) var app = ""
    /// The function it was made for; nil for the one in the app's name, else the app's default.
    public internal(set) var function: String?
    /// The decisions, in the order of the input.
    public internal(set) var entries: [Entry] = []
    /// The input with the files to be uploaded still in it.
    var input: Node

    /// All entries as an array.
    public var json: JSONValue { .array(entries.map(\.json)) }

    /// The first thing that is refused, as an error; nil if the plan can be carried out.
    public var refusal: FerryError? {
        entries.first { $0.verdict == .refuse }.map { entry in
            FerryError(entry.failure ?? .invalidInput, entry.reason ?? "not acceptable").at(entry.pointer)
        }
    }

    /// A file to be uploaded.
    struct PlannedFile: Sendable {
        var file: FileInput
        /// The name it goes by, where the file does not say itself.
        var filename: String?
        /// The media type it goes by, where the file does not say itself.
        var contentType: String?
        /// The file that was looked at, of a path.
        var found: FoundFile?
        /// Bytes that come once, in place of ``file``.
        var stream: ChunkStream?
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
