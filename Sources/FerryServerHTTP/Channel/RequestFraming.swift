// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore

/// Where requests begin and end on a connection, told from the bytes as they come, more strictly than the decoder
/// behind it: what two readers could read differently is refused, not repaired (RFC 9112).
///
/// Bodies of a known length are counted, never looked at.
struct RequestFraming {
    /// What the next byte belongs to.
    enum Phase: Equatable {
        /// No request has begun.
        case idle
        /// A request line, fields, or the empty line after them.
        case head
        /// A body, with the lines between its chunks and the trailers.
        case body
        /// Something was refused; nothing more is looked at.
        case refused
    }

    private enum Part {
        case requestLine, field
        case content(Int64)
        case chunkSize
        case chunk(Int64)
        case chunkEnd, trailer
    }

    private(set) var phase = Phase.idle
    /// Bytes of content so far, over all requests: the lines of a chunked body do not count.
    private(set) var contentBytes: Int64 = 0
    /// Requests whose end has come.
    private(set) var requestsEnded = 0
    private var part = Part.requestLine
    private var line: [UInt8] = []
    private var emptyLines = 0
    private var head: HeadFraming
    private let limits: ConnectionLimits

    init(limits: ConnectionLimits) {
        self.limits = limits
        head = HeadFraming(limits: limits)
    }

    /// Takes the next bytes.
    ///
    /// - Parameter wasGood: how many of them came before the one that is refused; all of them if none is.
    /// - Throws: ``ServerError`` that says what is wrong. Everything from there on is to be dropped, not taken.
    mutating func take(_ bytes: UnsafeRawBufferPointer, wasGood: inout Int) throws(ServerError) {
        wasGood = 0
        while wasGood < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[wasGood...])
            do throws(ServerError) {
                wasGood += try step(rest)
            } catch {
                refuse()
                throw error
            }
        }
    }

    /// Refuses the connection for another reason than its bytes.
    mutating func refuse() {
        phase = .refused
        line = []
    }

    /// - Returns: how many bytes were taken, at least one.
    private mutating func step(_ bytes: UnsafeRawBufferPointer) throws(ServerError) -> Int {
        switch part {
        case .requestLine, .field, .chunkSize, .chunkEnd, .trailer: return try takeLine(bytes)
        case .content(let left):
            let count = Int(min(left, Int64(bytes.count)))
            contentBytes += Int64(count)
            if Int64(count) == left { endRequest() } else { part = .content(left - Int64(count)) }
            return count
        case .chunk(let left):
            let count = Int(min(left, Int64(bytes.count)))
            contentBytes += Int64(count)
            part = Int64(count) == left ? .chunkEnd : .chunk(left - Int64(count))
            return count
        }
    }

    private mutating func takeLine(_ bytes: UnsafeRawBufferPointer) throws(ServerError) -> Int {
        if phase == .idle { phase = .head }
        let maximum = maximumLine
        let end = bytes.prefix(maximum - line.count + 2).firstIndex(of: Byte.lineFeed)
        let count = end.map { $0 + 1 } ?? bytes.count
        guard line.count + count <= maximum + 2 else { throw tooLong }
        line.append(contentsOf: bytes[..<count])
        guard end != nil else {
            // Refused early: a reader must not be kept waiting for the end of what is wrong already.
            if case .chunkSize = part { try ChunkFraming.check(beginning: line[...]) }
            if case .chunkEnd = part, line != [Byte.carriageReturn] { throw ChunkFraming.malformed }
            return count
        }
        line.removeLast()
        guard line.popLast() == Byte.carriageReturn else {
            throw ServerError(.invalidRequest, "a line ends with a bare line feed; lines end with CR LF")
        }
        guard !line.contains(where: { $0 == Byte.carriageReturn || $0 == 0 }) else {
            throw ServerError(.invalidRequest, "a line holds a bare carriage return or a NUL")
        }
        try endLine()
        line.removeAll(keepingCapacity: true)
        return count
    }

    private var maximumLine: Int {
        switch part {
        case .chunkSize, .chunkEnd: ChunkFraming.maximumLine
        default: head.bytesLeft
        }
    }

    private var tooLong: ServerError {
        switch part {
        case .chunkSize, .chunkEnd: ChunkFraming.malformed
        default: head.tooLarge
        }
    }

    private mutating func endLine() throws(ServerError) {
        switch part {
        case .requestLine:
            if line.isEmpty {
                emptyLines += 1
                guard emptyLines <= limits.maximumEmptyLines else {
                    throw ServerError(.invalidRequest, "empty lines instead of a request")
                }
                phase = .idle
                return
            }
            try head.takeRequestLine(line)
            part = .field
        case .field:
            guard line.isEmpty else { return try head.takeField(line) }
            switch try head.end() {
            case .none, .length(0): endRequest()
            case .length(let length): (part, phase) = (.content(length), .body)
            case .chunked: (part, phase) = (.chunkSize, .body)
            }
        case .chunkSize:
            let size = try ChunkFraming.size(line)
            part = size == 0 ? .trailer : .chunk(size)
        case .chunkEnd:
            guard line.isEmpty else { throw ChunkFraming.malformed }
            part = .chunkSize
        case .trailer:
            guard line.isEmpty else { return try head.takeTrailer(line) }
            endRequest()
        case .content, .chunk: break
        }
    }

    private mutating func endRequest() {
        head = HeadFraming(limits: limits)
        emptyLines = 0
        requestsEnded += 1
        (part, phase) = (.requestLine, .idle)
    }
}

/// Bytes that requests are framed with.
enum Byte {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let colon = UInt8(ascii: ":")
}

/// The lines between chunks (RFC 9112 section 7.1), without extensions.
enum ChunkFraming {
    /// Most bytes of a size line: 12 hexadecimal digits, leading zeros included, 256 TiB.
    static let maximumLine = 12

    static let malformed = ServerError(
        .invalidRequest,
        "malformed chunk; a chunk is its size in at most \(maximumLine) hexadecimal digits, CR LF, its bytes, CR LF")

    /// - Throws: ``malformed`` if no line of a chunk's size begins so.
    static func check(beginning: ArraySlice<UInt8>) throws(ServerError) {
        let digits = beginning.last == Byte.carriageReturn ? beginning.dropLast() : beginning
        guard digits.count <= maximumLine, digits.allSatisfy({ value(ofDigit: $0) != nil }) else { throw malformed }
    }

    static func size(_ line: [UInt8]) throws(ServerError) -> Int64 {
        guard (1...maximumLine).contains(line.count) else { throw malformed }
        var size: Int64 = 0
        for byte in line {
            guard let digit = value(ofDigit: byte) else { throw malformed }
            size = size << 4 | digit
        }
        return size
    }

    private static func value(ofDigit byte: UInt8) -> Int64? {
        switch byte {
        case 0x30...0x39: Int64(byte - 0x30)
        case 0x41...0x46: Int64(byte - 0x41 + 10)
        case 0x61...0x66: Int64(byte - 0x61 + 10)
        default: nil
        }
    }
}
