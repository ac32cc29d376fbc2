// SPDX-License-Identifier: Apache-2.0

/// A chat's title until somebody gives it another: the beginning of its first message.
enum ChatTitle {
    /// Most characters. 80.
    static let maximumLength = 80
    private static let ellipsis = "…"

    /// The first line that says something, cut between characters.
    ///
    /// - Parameter maximumBytes: most bytes; one character may have any number, and is then cut between its scalars.
    static func make(of text: String, maximumBytes: Int = ServerLimits().maximumChatTitle) -> String {
        let line = text.prefix(4096).split(whereSeparator: \.isNewline)
            .map { $0.filter { !$0.unicodeScalars.contains { $0.properties.generalCategory == .control } } }
            .first { !$0.allSatisfy(\.isWhitespace) }
        guard let line else { return "" }
        guard line.utf8.count > maximumBytes || line.count > maximumLength else { return String(line) }
        var title = ""
        for character in line.prefix(maximumLength - 1) {
            guard title.utf8.count + character.utf8.count + ellipsis.utf8.count <= maximumBytes else { break }
            title.append(character)
        }
        if title.allSatisfy(\.isWhitespace) {
            title = ""
            for scalar in line.unicodeScalars.drop(while: \.properties.isWhitespace) {
                let size = UTF8.encode(scalar)?.count ?? 0
                guard title.utf8.count + size + ellipsis.utf8.count <= maximumBytes else { break }
                title.unicodeScalars.append(scalar)
            }
        }
        return title + ellipsis
    }
}
