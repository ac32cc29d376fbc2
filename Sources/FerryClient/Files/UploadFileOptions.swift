// SPDX-License-Identifier: Apache-2.0

/// What a file is to be called, and who may fetch it. Every field that is set is sent.
public struct UploadFileOptions: Sendable, Hashable {
    /// Name label; by default the last component of the path, else none.
    public var filename: String?
    /// Media type; by default what the data URI, the content's first bytes or the name's extension say.
    public var contentType: String?
    /// Storage path of the caller's choice.
    public var path: String?
    /// Whether anyone may fetch the content; the server's default if nil.
    public var `public`: Bool?

    /// Options; nothing unless told.
    public init(filename: String? = nil, contentType: String? = nil, path: String? = nil, public: Bool? = nil) {
        self.filename = filename
        self.contentType = contentType
        self.path = path
        self.public = `public`
    }
}
