// SPDX-License-Identifier: Apache-2.0

/// Text of other people as a terminal may be shown it.
enum Printable {
    /// The text on one line: controls and line separators become spaces, direction marks go.
    static func line(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                if scalars.last != " " { scalars.append(" ") }
            case let mark where isDirectionMark(mark): continue
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// The text with its line ends and tabs, but without what moves the cursor, colours or reorders.
    static func block(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\t": scalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": continue
            case let mark where isDirectionMark(mark): continue
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    private static func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{200E}", "\u{200F}", "\u{061C}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": true
        default: false
        }
    }
}
