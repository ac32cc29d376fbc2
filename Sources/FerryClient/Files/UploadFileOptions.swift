// SPDX-License-Identifier: Apache-2.0

/// What a file is to be called, who may fetch it and how long it stays. Every field that is set is sent.
public struct UploadFileOptions: Sendable, Hashable {
    /// Shortest and longest life of a file that is to vanish by itself, in seconds: a minute, a year.
    public static let expirySeconds: ClosedRange<Int64> = 60...31_536_000

    /// Name label, of which the last path component counts, at most 255 bytes; by default the last component of the
    /// path, else none.
    public var filename: String?
    /// Media type; by default what the data URI, the content's first bytes or the name's extension say. Text that is
    /// no media type counts as `application/octet-stream`.
    public var contentType: String?
    /// Storage path of the caller's choice, by which lists can be filtered.
    public var path: String?
    /// Whether anyone may fetch the content; the server's default if nil.
    public var `public`: Bool?
    /// How long after its creation the file is deleted by itself, a minute to a year; it stays if nil.
    public var expiresIn: Duration?

    /// Options; nothing unless told.
    public init(
        filename: String? = nil, contentType: String? = nil, path: String? = nil, public: Bool? = nil,
        expiresIn: Duration? = nil
    ) {
        self.filename = filename
        self.contentType = contentType
        self.path = path
        self.public = `public`
        self.expiresIn = expiresIn
    }

    /// ``expiresIn`` in whole seconds, rounded down.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) outside ``expirySeconds``.
    var secondsToLive: Int64? {
        get throws {
            guard let expiresIn else { return nil }
            guard Self.expirySeconds.contains(expiresIn.components.seconds) else {
                throw FerryError(.invalidInput, "the option expiresIn must be between a minute and 365 days")
            }
            return expiresIn.components.seconds
        }
    }
}
