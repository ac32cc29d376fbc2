// SPDX-License-Identifier: Apache-2.0

extension PercentEncoding {
    /// Decodes text that comes in pieces, cut anywhere; between them at most two characters are kept.
    struct Decoder: Sendable {
        /// What of an escape has come: nothing, the sign, or the sign and a digit.
        private enum Pending: Sendable {
            case nothing
            case sign
            case digit(UInt8)
        }

        private var pending = Pending.nothing

        /// Whether nothing of an escape is kept.
        var isAtBoundary: Bool {
            if case .nothing = pending { true } else { false }
        }

        /// Decodes a piece into memory with room for as many bytes and ``decodingSlack`` more; returns their count.
        mutating func run(_ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) -> Int {
            hexDigitValues.withUnsafeBufferPointer { values in
                var read = 0
                var written = 0
                while read < input.count, !isAtBoundary {
                    written += resume(input[read], into: output + written)
                    read += 1
                }
                while read < input.count {
                    let count = copyUntilSign(UnsafeRawBufferPointer(input), from: read, into: output + written)
                    read += count
                    written += count
                    // Escapes seldom come alone.
                    while read + 2 < input.count, input[read] == UInt8(ascii: "%") {
                        let high = values[Int(input[read + 1])]
                        let low = values[Int(input[read + 2])]
                        guard high | low < 16 else {
                            // No escape: the sign is itself, and what follows may begin another.
                            output[written] = UInt8(ascii: "%")
                            written += 1
                            read += 1
                            break
                        }
                        output[written] = high << 4 | low
                        written += 1
                        read += 3
                    }
                    while read + 2 >= input.count, read < input.count {
                        written += resume(input[read], into: output + written)
                        read += 1
                    }
                }
                return written
            }
        }

        /// Ends the text: what was kept is no escape, and stays as it is.
        mutating func finish() -> [UInt8] {
            defer { pending = .nothing }
            switch pending {
            case .nothing: return []
            case .sign: return [UInt8(ascii: "%")]
            case .digit(let digit): return [UInt8(ascii: "%"), digit]
            }
        }

        /// Takes one byte at a cut; returns the count of bytes written, at most three.
        private mutating func resume(_ byte: UInt8, into output: UnsafeMutablePointer<UInt8>) -> Int {
            let value = hexDigitValues[Int(byte)]
            let kept = pending
            pending = .nothing
            var written = 0
            switch kept {
            case .nothing: break
            case .sign:
                if value < 16 {
                    pending = .digit(byte)
                    return 0
                }
                output[0] = UInt8(ascii: "%")
                written = 1
            case .digit(let digit):
                if value < 16 {
                    output[0] = hexDigitValues[Int(digit)] << 4 | value
                    return 1
                }
                output[0] = UInt8(ascii: "%")
                output[1] = digit
                written = 2
            }
            if byte == UInt8(ascii: "%") {
                pending = .sign
                return written
            }
            output[written] = byte
            return written + 1
        }
    }
}

/// By byte: the value of a hexadecimal digit, 255 for what is none.
private let hexDigitValues = (0...255).map { hexDigitValue(UInt8($0)) ?? 255 }

/// Copies bytes up to the next percent sign or the end; returns their count. Writes at most seven bytes more.
private func copyUntilSign(
    _ input: UnsafeRawBufferPointer, from start: Int, into output: UnsafeMutablePointer<UInt8>
) -> Int {
    let target = UnsafeMutableRawPointer(output)
    var count = 0
    while start + count + 8 <= input.count {
        let word = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: start + count, as: UInt64.self))
        target.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
        let signs = word ^ 0x2525_2525_2525_2525
        // The lowest set bit marks the first byte that is zero.
        let found = (signs &- 0x0101_0101_0101_0101) & ~signs & 0x8080_8080_8080_8080
        if found != 0 { return count + found.trailingZeroBitCount / 8 }
        count += 8
    }
    while start + count < input.count, input[start + count] != UInt8(ascii: "%") {
        output[count] = input[start + count]
        count += 1
    }
    return count
}

/// Whether there is a percent sign among the bytes.
func containsPercentSign(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let input = UnsafeRawBufferPointer(bytes)
    var offset = 0
    while offset + 8 <= input.count {
        let signs = input.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ 0x2525_2525_2525_2525
        if (signs &- 0x0101_0101_0101_0101) & ~signs & 0x8080_8080_8080_8080 != 0 { return true }
        offset += 8
    }
    return bytes[offset...].contains(UInt8(ascii: "%"))
}
