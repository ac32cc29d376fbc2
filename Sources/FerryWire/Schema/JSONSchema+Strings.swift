// SPDX-License-Identifier: Apache-2.0

extension JSONSchema {
    /// What a string at a place may be, as far as the schema says.
    public enum StringRole: Sendable, Hashable {
        /// A file and nothing else.
        case file
        /// A file, or text.
        case fileOrText
        /// Text; also where no string may stand at all.
        case text
        /// Anything: the schema says nothing of strings here.
        case untyped
    }

    /// What a string here may be. Parts of `allOf` hold together, one of `anyOf` and `oneOf` is enough.
    public var stringRole: StringRole {
        var open: Set<JSONValue> = []
        var effort = Self.maximumAlternatives
        let claim = resolved.claim(&open, &effort) ?? Claim(isOpen: true)
        if claim.file { return claim.text || claim.isOpen ? .fileOrText : .file }
        return claim.text || !claim.isOpen ? .text : .untyped
    }

    /// Whether a value here is a file, by one of the alternatives at least.
    public var acceptsFile: Bool {
        alternatives.contains { $0.isFile }
    }

    /// Whether the schema says that a value here is a string that is no file.
    public var isPlainString: Bool {
        !acceptsFile && alternatives.contains { $0.types.contains("string") }
    }

    /// Whether a value here that is neither string nor record cannot be right: nothing but files may stand here.
    public var isFileAlone: Bool {
        acceptsFile
            && alternatives.allSatisfy { alternative in
                if alternative.isFile || alternative.isUnion { return true }
                return !alternative.types.isEmpty && alternative.types.allSatisfy { $0 == "null" || $0 == "string" }
            }
    }

    /// The schema without those branches of its `anyOf` or `oneOf` that an object's members rule out: branches that
    /// want another `const` or `enum` there. All of them, if none would be left.
    ///
    /// - Parameter member: the member of a name, if the object has it and it is neither array nor object.
    public func narrowed(by member: (String) -> JSONValue?) -> JSONSchema {
        let schema = resolved
        for keyword in ["anyOf", "oneOf"] {
            guard let branches = schema.root[keyword]?.arrayValue, var members = schema.root.objectValue else {
                continue
            }
            let fitting = branches.filter { subschema($0).allows(member) }
            guard !fitting.isEmpty, fitting.count < branches.count else { continue }
            members[keyword] = .array(fitting)
            return JSONSchema(document: document, root: .object(members))
        }
        return schema
    }

    /// Whether no `const` or `enum` of the properties contradicts these members.
    private func allows(_ member: (String) -> JSONValue?) -> Bool {
        (root["properties"]?.objectValue ?? [:]).allSatisfy { name, property in
            guard let value = member(name) else { return true }
            let schema = subschema(property)
            if let constant = schema.root["const"] { return constant == value }
            return schema.root["enum"]?.arrayValue?.contains(value) ?? true
        }
    }

    private var isFile: Bool { root["format"]?.stringValue == "file" }
    private var isUnion: Bool { ["anyOf", "oneOf", "allOf"].contains { root[$0]?.arrayValue != nil } }

    /// What a schema allows a string to be.
    private struct Claim {
        var file = false
        var text = false
        /// Nothing is said of strings.
        var isOpen = false

        /// What one of two schemas allows.
        func or(_ other: Claim) -> Claim {
            Claim(file: file || other.file, text: text || other.text, isOpen: isOpen || other.isOpen)
        }

        /// What two schemas together allow.
        func and(_ other: Claim) -> Claim {
            let files = (file && (other.file || other.text || other.isOpen)) || (other.file && (text || isOpen))
            let texts = (text && (other.text || other.isOpen)) || (other.text && isOpen)
            return Claim(file: files, text: texts, isOpen: isOpen && other.isOpen)
        }
    }

    /// - Parameter open: the schemas on the way here; one that leads back to itself adds nothing, which nil says.
    private func claim(_ open: inout Set<JSONValue>, _ effort: inout Int) -> Claim? {
        guard effort > 0, open.insert(root).inserted else { return nil }
        effort -= 1
        defer { open.remove(root) }
        var claim = own
        for keyword in ["anyOf", "oneOf"] {
            let branches = (root[keyword]?.arrayValue ?? []).compactMap { subschema($0).claim(&open, &effort) }
            guard let first = branches.first else { continue }
            claim = claim.and(branches.dropFirst().reduce(first) { $0.or($1) })
        }
        for part in root["allOf"]?.arrayValue ?? [] {
            if let other = subschema(part).claim(&open, &effort) { claim = claim.and(other) }
        }
        return claim
    }

    /// What the schema's own keywords say.
    private var own: Claim {
        guard root.objectValue != nil else { return Claim(isOpen: root != false) }
        if isFile { return Claim(file: true) }
        if !types.isEmpty { return Claim(text: types.contains("string")) }
        if let constant = root["const"] { return Claim(text: constant.stringValue != nil) }
        if let values = root["enum"]?.arrayValue { return Claim(text: values.contains { $0.stringValue != nil }) }
        let ofStrings = ["format", "minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"]
        if ofStrings.contains(where: { root[$0] != nil }) { return Claim(text: true) }
        // An object or a list is meant, though it does not say so.
        return Claim(isOpen: root["properties"] == nil && root["items"] == nil && root["prefixItems"] == nil)
    }
}
