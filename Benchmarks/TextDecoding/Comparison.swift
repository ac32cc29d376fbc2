// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation

/// One text through our decoder and through Foundation's.
enum Comparison {
    /// The answer to a line `FORM HEX`, the form one of `strict`, `forgiving`, `percent` and `data-uri`.
    static func answer(to line: String) -> String {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let text = bytes(hexadecimal: words[1].utf8) else { return "! !" }
        return switch words[0] {
        case "strict": "\(shown(Base64.decode(strict: text))) \(shown(Data(base64Encoded: Data(text)).map(Array.init)))"
        case "forgiving": "\(shown(Base64.decode(forgiving: text))) ?"
        case "percent":
            "\(shown(PercentEncoding.decode(text))) \(shown(foundationPercent(String(decoding: text, as: UTF8.self))))"
        case "data-uri":
            "\(shown(try? DataURI(String(decoding: text, as: UTF8.self), maximumSize: 1 << 20).bytes)) ?"
        default: "! !"
        }
    }

    static func foundationPercent(_ text: String) -> [UInt8]? { text.removingPercentEncoding.map { Array($0.utf8) } }

    private static func shown(_ bytes: [UInt8]?) -> String { bytes.map { "=\($0.hexadecimal)" } ?? "-" }

    private static func bytes(hexadecimal text: Substring.UTF8View) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let byte = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
