// SPDX-License-Identifier: Apache-2.0

/// Cuts a byte stream into lines of bounded length. Pure: it reads nothing itself.
struct LineBuffer: Sendable {
    /// What can be taken out.
    enum Line: Sendable, Equatable {
        /// The bytes of one line without its end.
        case bytes([UInt8])
        /// A line grew beyond the limit; nothing after it can be trusted.
        case tooLong
    }

    /// Most bytes of one line, its end not counted.
    let maximumLength: Int
    private var bytes: [UInt8] = []
    private var start = 0
    private var scanned = 0

    init(maximumLength: Int) { self.maximumLength = maximumLength }

    /// Adds what was read.
    mutating func append(_ more: some Collection<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            scanned -= start
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole line that is not empty; nil when more bytes are needed.
    mutating func next() -> Line? {
        while let end = bytes[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[start..<end]
            start = end + 1
            scanned = start
            if line.count > maximumLength { return .tooLong }
            if !line.isEmpty { return .bytes(Array(line)) }
        }
        scanned = bytes.count
        return bytes.count - start > maximumLength ? .tooLong : nil
    }
}
