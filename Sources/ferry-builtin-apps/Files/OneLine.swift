// SPDX-License-Identifier: Apache-2.0

/// Makes one line of what strangers wrote.
enum OneLine {
    /// Most characters of a file's name.
    static let maximumName = 200

    /// The text with everything that moves or hides text as one blank, cut with an ellipsis.
    static func text(_ text: String, most: Int) -> String {
        var scalars = String.UnicodeScalarView()
        var isAfterBlank = true
        // What is cut off anyway is not looked at.
        for scalar in text.unicodeScalars.prefix(4 * most) {
            let isBlank = isInvisible(scalar)
            if !isBlank || !isAfterBlank { scalars.append(isBlank ? " " : scalar) }
            isAfterBlank = isBlank
        }
        while scalars.last == " " { scalars.removeLast() }
        let line = String(scalars)
        return line.count > most ? "\(line.prefix(most))…" : line
    }

    /// A file's name.
    static func name(_ name: String) -> String {
        let line = text(name, most: maximumName)
        return line.isEmpty ? "file" : line
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate: true
        default: false
        }
    }
}
