// SPDX-License-Identifier: Apache-2.0

/// The JSON form of ``init(json:)`` for any coder.
extension File: Codable {
    private enum Key: String, CodingKey {
        case path
        case contentType = "content_type"
        case size
        case filename
    }

    public init(from decoder: any Decoder) throws {
        if let path = try? decoder.singleValueContainer().decode(String.self) {
            self.init(path: path)
            return
        }
        let members = try decoder.container(keyedBy: Key.self)
        self.init(
            path: try members.decode(String.self, forKey: .path),
            contentType: try members.decodeIfPresent(String.self, forKey: .contentType),
            filename: try members.decodeIfPresent(String.self, forKey: .filename))
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(path, forKey: .path)
        try members.encodeIfPresent(contentType, forKey: .contentType)
        try members.encodeIfPresent(size, forKey: .size)
        try members.encode(filename, forKey: .filename)
    }
}

extension File {
    /// The path of the file, which must be there.
    ///
    /// - Throws: ``AppFailure`` when it is not.
    public func localPath() async throws -> String {
        guard exists() else { throw AppFailure("\(filename) does not exist", code: .invalidInput) }
        return path
    }
}
