// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The web beyond this server, behind a guard: nothing is asked that leads into a private network, and no answer is
/// larger, slower or longer in coming than the guard allows.
public protocol ForeignWeb: Sendable {
    /// Whether a URL may be asked for at all, as far as its text tells. Opens nothing.
    ///
    /// - Throws: ``ServerError`` of code `validation_error` with the reason; it holds nothing of the URL's query.
    func check(_ url: String) throws(ServerError)

    /// Fetches a URL.
    ///
    /// - Throws: ``ServerError``, as do the chunks; neither holds anything of the URL's query.
    func get(_ url: String) async throws -> ForeignContent

    /// Sends a body, and gives the answer's status. Redirects are not followed, and the answer's body is not read.
    func post(_ url: String, headers: [(String, String)], body: [UInt8]) async throws -> Int
}

/// What a URL led to.
public struct ForeignContent: Sendable {
    /// The media type that the answer gave.
    public var contentType: String?
    /// The name that the answer or its address gave.
    public var filename: String?
    /// How many bytes the answer announced.
    public var length: Int64?
    /// Its bytes. They end with an error if they are fewer or more than announced or allowed.
    public var chunks: any AsyncSequence<ByteBuffer, any Error> & Sendable

    /// Content.
    public init(
        contentType: String? = nil, filename: String? = nil, length: Int64? = nil,
        chunks: any AsyncSequence<ByteBuffer, any Error> & Sendable
    ) {
        self.contentType = contentType
        self.filename = filename
        self.length = length
        self.chunks = chunks
    }
}

/// No web at all: every URL is refused.
public struct NoForeignWeb: ForeignWeb {
    /// A refusal of everything.
    public init() {}

    private static let refusal = ServerError(
        .validation, "this server does not fetch foreign URLs; upload the file and give its uri")

    public func check(_ url: String) throws(ServerError) { throw Self.refusal }

    public func get(_ url: String) async throws -> ForeignContent { throw Self.refusal }

    public func post(_ url: String, headers: [(String, String)], body: [UInt8]) async throws -> Int {
        throw Self.refusal
    }
}
