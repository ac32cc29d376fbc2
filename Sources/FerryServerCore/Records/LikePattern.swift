// SPDX-License-Identifier: Apache-2.0

/// A pattern of `like` and `ilike`: `%` is any text, `_` one scalar, `\` takes what follows it as it is.
public struct LikePattern: Sendable, Hashable {
    /// Most bytes of a pattern or a search; longer ones cost time that grows with the square.
    public static let maximumLength = 1_000

    /// A part of a pattern.
    public enum Piece: Sendable, Hashable {
        case any
        case one
        case literal(Unicode.Scalar)
    }

    /// The parts, in order; never two of ``Piece/any`` in a row.
    public let pieces: [Piece]

    /// Reads a pattern.
    ///
    /// - Throws: ``ServerError`` if it is longer than ``maximumLength`` or ends in a lone `\`.
    public init(_ text: String) throws(ServerError) {
        try Self.check(text)
        var pieces: [Piece] = []
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                pieces.append(.literal(scalar))
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "%" {
                if pieces.last != .any { pieces.append(.any) }
            } else {
                pieces.append(scalar == "_" ? .one : .literal(scalar))
            }
        }
        guard !isEscaped else {
            throw ServerError(.validation, "a pattern ends in a lone \\; write \\\\ for a backslash")
        }
        self.pieces = pieces
    }

    /// The pattern of texts that contain this one.
    ///
    /// - Throws: ``ServerError`` if it is longer than ``maximumLength``.
    public init(containing text: String) throws(ServerError) {
        try Self.check(text)
        pieces = text.isEmpty ? [.any] : [.any] + text.unicodeScalars.map(Piece.literal) + [.any]
    }

    private static func check(_ text: String) throws(ServerError) {
        guard text.utf8.count <= maximumLength else {
            throw ServerError(.validation, "a pattern has at most \(maximumLength) bytes")
        }
    }

    /// Whether the whole of a text is of this pattern.
    ///
    /// - Parameter ignoringCase: whether ASCII capitals and small letters are the same.
    public func matches(_ text: String, ignoringCase: Bool) -> Bool {
        var rest = Array(text.unicodeScalars)[...]
        var wanted = pieces[...]
        // Where to try anew: behind the last `%`, one scalar of text further on.
        var retry: (rest: ArraySlice<Unicode.Scalar>, wanted: ArraySlice<Piece>)?
        while true {
            if wanted.first == .any {
                wanted.removeFirst()
                retry = (rest, wanted)
            } else if let scalar = rest.first, let piece = wanted.first,
                Self.fits(scalar, piece, ignoringCase: ignoringCase)
            {
                rest.removeFirst()
                wanted.removeFirst()
            } else if rest.isEmpty && wanted.isEmpty {
                return true
            } else if var next = retry, !next.rest.isEmpty {
                next.rest.removeFirst()
                retry = next
                (rest, wanted) = next
            } else {
                return false
            }
        }
    }

    private static func fits(_ scalar: Unicode.Scalar, _ piece: Piece, ignoringCase: Bool) -> Bool {
        switch piece {
        case .any: false
        case .one: true
        case .literal(let wanted):
            scalar == wanted || (ignoringCase && folded(scalar) == folded(wanted))
        }
    }

    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
    }
}
