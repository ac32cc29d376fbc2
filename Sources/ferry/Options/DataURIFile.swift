// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// The content of a data URI in a file, decoded as it is read: a piece of it is in memory at a time.
struct DataURIFile: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    /// Most bytes of content.
    static let maximumSize = 1 << 30
    /// Most blanks before the URI, and in a row within it.
    private static let maximumBlanks = 64 << 10

    /// The media type that the URI states.
    let mediaType: MediaType
    private let decoder: DataURIDecoder
    /// What was read beyond the header.
    private let head: [UInt8]
    private let chunks: DescriptorChunks

    /// Opens a file that holds a data URI, with or without blanks around it. One that can be read twice is checked to
    /// its end.
    ///
    /// - Parameters:
    ///   - path: the file; `-` for standard input.
    ///   - maximumSize: most bytes of content.
    /// - Throws: ``CommandFailure``, `FerryError` (`invalidDataURI`), `CancellationError`.
    static func opening(_ path: String, maximumSize: Int = Self.maximumSize) async throws -> DataURIFile {
        guard path != LocalInput.standardInput else { return try await DataURIFile(.standardInput, maximumSize) }
        if case .regular = try await LocalInput.kind(of: path) {
            let chunks = try await DescriptorChunks.opening(path)
            let checked = try await DataURIFile(chunks, maximumSize)
            for try await _ in checked {}
        }
        let chunks = try await DescriptorChunks.opening(path)
        return try await DataURIFile(chunks, maximumSize)
    }

    private init(_ chunks: DescriptorChunks, _ maximumSize: Int) async throws {
        self.chunks = chunks
        var iterator = chunks.makeAsyncIterator()
        var text: [UInt8] = []
        var isInside = false
        while text.count < DataURI.maximumHeaderLength, !text.contains(UInt8(ascii: ",")) {
            guard let chunk = try await iterator.next() else { break }
            text += isInside ? chunk[...] : chunk.drop { $0 <= 0x20 }
            isInside = !text.isEmpty
        }
        let header: DataURI.Header
        do throws(DataURI.Invalid) {
            header = try DataURI.Header(utf8: text)
        } catch {
            throw FerryError(.invalidDataURI, "\(error)")
        }
        mediaType = header.mediaType
        decoder = DataURIDecoder(header, maximumSize: maximumSize)
        head = Array(text[header.payloadOffset...])
    }

    /// Decodes piece by piece.
    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var chunks: DescriptorChunks.AsyncIterator
        fileprivate var decoder: DataURIDecoder
        /// Text that is still to be decoded.
        fileprivate var text: [UInt8]
        /// Blanks that are none of the URI if nothing follows them.
        private var blanks: [UInt8] = []
        private var isAtEnd = false

        fileprivate init(_ file: DataURIFile) {
            chunks = file.chunks.makeAsyncIterator()
            decoder = file.decoder
            text = file.head
        }

        /// The next bytes, never none; nil at the end.
        mutating func next() async throws -> [UInt8]? {
            while !isAtEnd {
                let bytes = try decode()
                if !bytes.isEmpty { return bytes }
                if let chunk = try await chunks.next() {
                    text = chunk
                } else {
                    isAtEnd = true
                    let rest = try finish()
                    if !rest.isEmpty { return rest }
                }
            }
            return nil
        }

        private mutating func decode() throws -> [UInt8] {
            guard !text.isEmpty else { return [] }
            let end = text.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
            let content = end == 0 ? [] : blanks + text[..<end]
            blanks = (end == 0 ? blanks : []) + text[end...]
            text = []
            guard blanks.count <= DataURIFile.maximumBlanks else {
                throw FerryError(.invalidDataURI, "Invalid data URI format: too many blanks in a row")
            }
            do throws(DataURI.Invalid) {
                return try decoder.decode(content)
            } catch {
                throw FerryError(.invalidDataURI, "\(error)")
            }
        }

        private mutating func finish() throws -> [UInt8] {
            do throws(DataURI.Invalid) {
                return try decoder.finish()
            } catch {
                throw FerryError(.invalidDataURI, "\(error)")
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
