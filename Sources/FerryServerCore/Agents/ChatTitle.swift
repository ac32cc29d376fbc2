// SPDX-License-Identifier: Apache-2.0

/// A chat's title until somebody gives it another: the beginning of its first message.
enum ChatTitle {
    /// Most characters. 80.
    static let maximumLength = 80

    /// The first line that says something, cut between characters.
    static func make(of text: String) -> String {
        let line = text.prefix(4096).split(whereSeparator: \.isNewline)
            .map { $0.filter { !$0.unicodeScalars.contains { $0.properties.generalCategory == .control } } }
            .first { !$0.allSatisfy(\.isWhitespace) }
        guard let line else { return "" }
        return line.count > maximumLength ? line.prefix(maximumLength - 1) + "…" : String(line)
    }
}
