// SPDX-License-Identifier: Apache-2.0

extension File: Codable {
    fileprivate enum CodingKeys: String, CodingKey {
        case uri, path, size, filename
        case contentType = "content_type"
    }

    /// Reads a string or an object; see ``init(json:)``.
    ///
    /// - Throws: `DecodingError` with the place of what is wrong, for an absent file too. A property of type `File?` is
    ///   nil instead: that is read by `KeyedDecodingContainer.decodeIfPresent(_:forKey:)`.
    public init(from decoder: any Decoder) throws {
        guard let file = try FileForm(from: decoder).file else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: File.absent.message))
        }
        self = file
    }

    /// Writes `{"uri", "path", "content_type", "size", "filename"}`, without what is not known.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(uri, forKey: .uri)
        try container.encodeIfPresent(try? path, forKey: .path)
        try container.encodeIfPresent(contentType, forKey: .contentType)
        try container.encodeIfPresent(size, forKey: .size)
        try container.encode(filename, forKey: .filename)
    }
}

/// A file that may be absent.
private struct FileForm: Decodable {
    let file: File?

    init(from decoder: any Decoder) throws {
        let place = decoder.codingPath
        do {
            let single = try decoder.singleValueContainer()
            if single.decodeNil() {
                file = nil
            } else if let text = try? single.decode(String.self) {
                file = text.isEmpty ? nil : try File.read(text)
            } else {
                file = try Self.object(decoder)
            }
        } catch let failure as AppFailure {
            throw DecodingError.dataCorrupted(.init(codingPath: place, debugDescription: failure.message))
        }
    }

    private static func object(_ decoder: any Decoder) throws -> File? {
        guard let container = try? decoder.container(keyedBy: AnyKey.self) else {
            throw AppFailure("a file field holds neither a string nor an object", code: .invalidInput)
        }
        guard !container.allKeys.isEmpty else { return nil }
        func text(_ key: String) throws -> String? {
            let text = try container.decodeIfPresent(String.self, forKey: AnyKey(stringValue: key))
            return text.flatMap { $0.isEmpty ? nil : $0 }
        }
        return try File.read(
            File.Form(
                uri: text("uri"), path: text("path"), contentType: text("content_type"), filename: text("filename"),
                size: try? container.decodeIfPresent(Int64.self, forKey: AnyKey(stringValue: "size"))))
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }
}

extension KeyedDecodingContainer {
    /// A file that may be left out: nil for a missing key, null, an empty string and an empty object.
    ///
    /// The compiler calls this for properties of type `File?`.
    public func decodeIfPresent(_ type: File.Type, forKey key: Key) throws -> File? {
        guard contains(key) else { return nil }
        return try decode(FileForm.self, forKey: key).file
    }

    /// A file that must be there.
    ///
    /// - Throws: `DecodingError` naming the key.
    public func decode(_ type: File.Type, forKey key: Key) throws -> File {
        if let file = try decodeIfPresent(File.self, forKey: key) { return file }
        throw DecodingError.keyNotFound(
            key, .init(codingPath: codingPath + [key], debugDescription: "\(key.stringValue): \(File.absent.message)"))
    }
}
