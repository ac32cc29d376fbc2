// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding (RFC 3986 section 2.1) over bytes.
public enum PercentEncoding {
    /// Encodes everything but unreserved characters (letters, digits, `-._~`) and those in `keeping`.
    public static func encode(_ text: some StringProtocol, keeping: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) || keeping.utf8.contains(byte) {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Decodes `%XX`, once; sequences that are no escape stay as they are.
    public static func decode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        withBytes(of: bytes) { input in
            var decoder = Decoder()
            var decoded = [UInt8](unsafeUninitializedCapacity: input.count + decodingSlack) { output, count in
                // The capacity is never zero.
                count = output.baseAddress.map { decoder.run(input, into: $0) } ?? 0
            }
            decoded.append(contentsOf: decoder.finish())
            return decoded
        }
    }

    /// Decodes `%XX` into text; nil if the result is not UTF-8.
    public static func decode(_ text: some StringProtocol) -> String? {
        String(validating: decode(text.utf8), as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
