// SPDX-License-Identifier: Apache-2.0

/// What a `requirements.txt` says, as far as the server has to know; `pip` reads the rest.
struct RequirementLines: Sendable, Hashable {
    /// Options that take nothing in from files. What is not known counts as one that does.
    private static let plainOptions = [
        "--hash", "--pre", "--prefer-binary", "--only-binary", "--no-binary", "--trusted-host", "--no-index",
        "--index-url", "--extra-index-url", "-i", "--require-hashes",
    ]
    private static let archives = [".whl", ".zip", ".gz", ".tgz", ".bz2", ".xz", ".tar"]

    private let words: [String]

    init(_ bytes: [UInt8]) {
        var words: [String] = []
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            for word in line.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
                // A comment goes on to the end of its line.
                if word.first == UInt8(ascii: "#") { break }
                words.append(String(decoding: word, as: UTF8.self))
            }
        }
        self.words = words
    }

    /// Whether one of them may mean a file or folder: when in doubt, it does.
    var nameFiles: Bool { words.contains(where: Self.namesFile) }

    private static func namesFile(_ word: String) -> Bool {
        let lowercased = word.lowercased()
        if lowercased.contains("file:") { return true }
        if word.utf8.first == UInt8(ascii: "-") {
            guard plainOptions.contains(where: { word == $0 || word.hasPrefix("\($0)=") }) else { return true }
            guard let value = word.split(separator: "=", maxSplits: 1).dropFirst().first else { return false }
            return isPath(String(value))
        }
        return isPath(word)
    }

    private static func isPath(_ word: String) -> Bool {
        if word.contains("://") { return false }
        let lowercased = word.lowercased()
        return word.utf8.first == UInt8(ascii: ".") || word.utf8.contains(UInt8(ascii: "/"))
            || word.contains("@.") || archives.contains { lowercased.hasSuffix($0) }
    }
}
