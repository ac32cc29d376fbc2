// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import NIOCore

/// Reads a form of one file and some fields from a body as it comes, holding one chunk of it and the fields.
final class FormReader<Source: AsyncIteratorProtocol> where Source.Element == ByteBuffer, Source.Failure == any Error {
    /// The name of the part that is the file.
    static var fileField: String { "file" }

    private enum Target {
        case file
        case field(String)
        case nothing
    }

    private let limits: ServerLimits
    private var source: Source
    private var parser: MultipartParser
    private var chunk = ByteBuffer()
    private var events: ArraySlice<MultipartParser.Event> = []
    private var target = Target.nothing
    private var value: [UInt8] = []
    /// What the file's headers say, once it has begun.
    private(set) var file: MultipartPart?
    /// The fields so far; whole once the file's bytes have come to their end.
    private(set) var fields: [String: String] = [:]

    init(_ source: Source, boundary: [UInt8], limits: ServerLimits) {
        self.source = source
        self.limits = limits
        parser = MultipartParser(
            boundary: boundary,
            limits: MultipartParser.Limits(
                maximumParts: limits.maximumFormParts, maximumHeaderLength: limits.maximumFormHeader,
                maximumPadding: limits.maximumFormPadding))
    }

    /// The next bytes of the file; nil when the whole form has ended, fields behind the file included.
    ///
    /// - Throws: ``ServerError`` for a form that is malformed, beyond a limit, cut, or without a file.
    func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
        while true {
            guard let event = events.popFirst() else {
                guard try await readMore(isolation: actor) else { return nil }
                continue
            }
            if let bytes = try take(event), bytes.readableBytes > 0 { return bytes }
        }
    }

    /// Whether there was more; the end of the body must be the end of the form.
    private func readMore(isolation actor: isolated (any Actor)?) async throws -> Bool {
        do {
            guard let next = try await source.next(isolation: actor) else {
                try parser.finish()
                guard file != nil else {
                    throw ServerError(.validation, "/file: is missing; send the bytes as the form's part named file")
                }
                return false
            }
            chunk = next
            events = try next.withUnsafeReadableBytes { try parser.consume($0) }[...]
            return true
        } catch let error as MultipartError {
            throw ServerError(error.isLimit ? .payloadTooLarge : .invalidRequest, error.description)
        }
    }

    /// Takes an event in, and gives what it holds of the file.
    private func take(_ event: MultipartParser.Event) throws(ServerError) -> ByteBuffer? {
        switch event {
        case .part(let part): try begin(part)
        case .data(let range):
            guard let slice = chunk.getSlice(at: chunk.readerIndex + range.lowerBound, length: range.count) else {
                throw ServerError(.internalError, "a part of the form lies outside its chunk")
            }
            return try give(slice)
        case .held(let bytes): return try give(ByteBuffer(bytes: bytes))
        case .partEnd: try end()
        }
        return nil
    }

    private func begin(_ part: MultipartPart) throws(ServerError) {
        value = []
        if part.name == Self.fileField {
            guard file == nil else {
                throw ServerError(.validation, "/file: given twice; send one form for each file")
            }
            file = part
            target = .file
        } else if FormOptions.fields.contains(part.name) {
            guard fields[part.name] == nil else { throw ServerError(.validation, "/\(part.name): given twice") }
            target = .field(part.name)
        } else {
            target = .nothing
        }
    }

    private func give(_ bytes: ByteBuffer) throws(ServerError) -> ByteBuffer? {
        switch target {
        case .file: return bytes
        case .field(let name):
            guard value.count + bytes.readableBytes <= limits.maximumFormField else {
                throw ServerError(.payloadTooLarge, "/\(name): longer than \(limits.maximumFormField) bytes")
            }
            value.append(contentsOf: bytes.readableBytesView)
        case .nothing: break
        }
        return nil
    }

    private func end() throws(ServerError) {
        if case .field(let name) = target {
            guard let text = String(validating: value, as: UTF8.self) else {
                throw ServerError(.validation, "/\(name): is not UTF-8")
            }
            fields[name] = text
        }
        target = .nothing
    }
}

/// The bytes of a form's file as a stream that ends when the form does.
struct FormFile<Source: AsyncIteratorProtocol>: AsyncSequence
where Source.Element == ByteBuffer, Source.Failure == any Error {
    typealias Failure = any Error
    let reader: FormReader<Source>

    func makeAsyncIterator() -> Iterator { Iterator(reader: reader) }

    struct Iterator: AsyncIteratorProtocol {
        let reader: FormReader<Source>

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
            try await reader.next(isolation: actor)
        }

        mutating func next() async throws -> ByteBuffer? { try await reader.next(isolation: #isolation) }
    }
}
