// SPDX-License-Identifier: Apache-2.0

/// Takes a body of `multipart/form-data` (RFC 7578, RFC 2046) apart as it comes: a state machine without input or output,
/// whose result does not depend on how the body is cut into chunks.
///
/// It keeps at most one block of headers and one boundary line. A line that only begins like a boundary is data.
package struct MultipartParser: Sendable {
    /// How much a form may hold.
    package struct Limits: Sendable, Hashable {
        /// Most parts.
        package var maximumParts: Int
        /// Most bytes of the headers of one part.
        package var maximumHeaderLength: Int
        /// Most bytes before the first boundary and behind the last, together.
        package var maximumPadding: Int

        /// Limits; the defaults are 32 parts, 16 KiB of headers and 64 KiB of padding.
        package init(
            maximumParts: Int = 32, maximumHeaderLength: Int = 16 << 10, maximumPadding: Int = 64 << 10
        ) {
            self.maximumParts = maximumParts
            self.maximumHeaderLength = maximumHeaderLength
            self.maximumPadding = maximumPadding
        }
    }

    /// What was found in a chunk, in order.
    package enum Event: Sendable, Hashable {
        /// A part begins.
        case part(MultipartPart)
        /// The next bytes of the part: these of the chunk.
        case data(Range<Int>)
        /// The next bytes of the part, from earlier chunks: they could have been a boundary until now.
        case held([UInt8])
        /// The part has come to its end.
        case partEnd
    }

    private enum Phase {
        /// In a part's data, or before the first boundary.
        case content
        /// Behind a boundary, on its line.
        case line
        case headers
        /// Behind the last boundary.
        case epilogue
    }

    private static let carriageReturn = UInt8(ascii: "\r")
    private static let dash = UInt8(ascii: "-")
    /// Most spaces behind a boundary on its line.
    private static let maximumSpaces = 64

    private let limits: Limits
    /// What ends a part. Its first byte occurs in it once, so a match that fails need not be tried further on.
    private let delimiter: [UInt8]
    private var phase = Phase.content
    private var isInPart = false
    /// How many bytes of the delimiter have matched. A body begins as if behind a line's end.
    private var matched = 2
    /// What came behind a delimiter, as long as it can be a boundary's line.
    private var line: [UInt8] = []
    private var headers: [UInt8] = []
    private var partCount = 0
    private var padding = 0

    /// A parser of bodies with that boundary, as ``boundary(ofContentType:)`` gives it.
    package init(boundary: [UInt8], limits: Limits = Limits()) {
        self.limits = limits
        delimiter = Array("\r\n--".utf8) + boundary
    }

    /// Takes the next bytes of the body.
    ///
    /// - Throws: ``MultipartError``, after which the parser is of no more use.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer) throws(MultipartError) -> [Event] {
        var scan = Scan(isCarried: matched > 0 || phase == .line)
        while scan.index < chunk.count {
            switch phase {
            case .content: try content(chunk, &scan)
            case .line: try boundaryLine(chunk[scan.index], &scan)
            case .headers: try header(chunk[scan.index], &scan)
            case .epilogue:
                try pad(chunk.count - scan.index)
                scan.index = chunk.count
            }
        }
        if phase == .content || phase == .line, !scan.isCarried {
            try give(scan.start..<(scan.candidate ?? chunk.count), &scan)
        }
        return scan.events
    }

    /// Takes the next bytes of the body.
    package mutating func consume(_ chunk: [UInt8]) throws(MultipartError) -> [Event] {
        var outcome: Result<[Event], MultipartError> = .success([])
        chunk.withUnsafeBytes { bytes in
            do throws(MultipartError) {
                outcome = .success(try consume(bytes))
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Checks that the body has come to its end.
    ///
    /// - Throws: ``MultipartError`` if its last boundary has not come.
    package func finish() throws(MultipartError) {
        guard phase == .epilogue else {
            throw MultipartError("the form ends before its last boundary; send it again")
        }
    }

    // MARK: States

    /// The look at one chunk.
    private struct Scan {
        var events: [Event] = []
        var index = 0
        /// Where data begins that has not been given yet.
        var start = 0
        /// Where in this chunk what could be a boundary begins.
        var candidate: Int?
        /// Whether it began in an earlier chunk.
        var isCarried: Bool
    }

    private mutating func content(_ chunk: UnsafeRawBufferPointer, _ scan: inout Scan) throws(MultipartError) {
        guard matched > 0 else {
            while scan.index < chunk.count, chunk[scan.index] != Self.carriageReturn { scan.index += 1 }
            guard scan.index < chunk.count else { return }
            scan.candidate = scan.index
            scan.index += 1
            matched = 1
            return
        }
        guard chunk[scan.index] == delimiter[matched] else { return try reject(&scan) }
        matched += 1
        scan.index += 1
        if matched == delimiter.count { phase = .line }
    }

    private mutating func boundaryLine(_ byte: UInt8, _ scan: inout Scan) throws(MultipartError) {
        let isSpace = byte == 0x20 || byte == 0x09
        switch line.last {
        case Self.dash where byte == Self.dash:
            scan.index += 1
            try accept(&scan)
            phase = .epilogue
            isInPart = false
        case Self.carriageReturn where byte == UInt8(ascii: "\n"):
            scan.index += 1
            try accept(&scan)
            partCount += 1
            guard partCount <= limits.maximumParts else {
                throw MultipartError("the form has more than \(limits.maximumParts) parts", isLimit: true)
            }
            phase = .headers
            headers = []
        case nil where byte == Self.dash, nil where isSpace || byte == Self.carriageReturn,
            0x20 where isSpace || byte == Self.carriageReturn, 0x09 where isSpace || byte == Self.carriageReturn:
            guard line.count < Self.maximumSpaces else { return try reject(&scan) }
            line.append(byte)
            scan.index += 1
        default: try reject(&scan)
        }
    }

    private mutating func header(_ byte: UInt8, _ scan: inout Scan) throws(MultipartError) {
        guard headers.count < limits.maximumHeaderLength else {
            throw MultipartError(
                "the headers of a part are longer than \(limits.maximumHeaderLength) bytes", isLimit: true)
        }
        headers.append(byte)
        scan.index += 1
        guard byte == UInt8(ascii: "\n"), headers.count == 2 || headers.suffix(4).elementsEqual("\r\n\r\n".utf8)
        else { return }
        scan.events.append(.part(try MultipartPart(headers: headers)))
        headers = []
        phase = .content
        isInPart = true
        scan.start = scan.index
    }

    /// What could have been a boundary is data; the byte at hand is looked at anew.
    private mutating func reject(_ scan: inout Scan) throws(MultipartError) {
        if scan.isCarried {
            let held = Array(delimiter[..<matched]) + line
            if isInPart { scan.events.append(.held(held)) } else { try pad(held.count) }
            scan.isCarried = false
            scan.start = scan.index
        }
        reset(&scan)
        phase = .content
    }

    /// What could have been a boundary is one.
    private mutating func accept(_ scan: inout Scan) throws(MultipartError) {
        if let candidate = scan.candidate, !scan.isCarried { try give(scan.start..<candidate, &scan) }
        if isInPart { scan.events.append(.partEnd) }
        isInPart = false
        scan.isCarried = false
        reset(&scan)
    }

    private mutating func reset(_ scan: inout Scan) {
        scan.candidate = nil
        matched = 0
        line = []
    }

    private mutating func give(_ range: Range<Int>, _ scan: inout Scan) throws(MultipartError) {
        guard !range.isEmpty else { return }
        if isInPart { scan.events.append(.data(range)) } else { try pad(range.count) }
    }

    private mutating func pad(_ count: Int) throws(MultipartError) {
        padding += count
        guard padding <= limits.maximumPadding else {
            throw MultipartError(
                "more than \(limits.maximumPadding) bytes stand outside the form's parts", isLimit: true)
        }
    }
}

/// Why a form cannot be read.
package struct MultipartError: Error, Sendable, Hashable, CustomStringConvertible {
    /// In words.
    package let description: String
    /// Whether it is well-formed but beyond a limit.
    package let isLimit: Bool

    init(_ description: String, isLimit: Bool = false) {
        self.description = description
        self.isLimit = isLimit
    }
}
