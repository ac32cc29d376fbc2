// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// The Debian packages that an app's `packages.txt` asks for.
enum DebianPackages {
    /// What dpkg keeps of what is installed.
    static let status = "/var/lib/dpkg/status"
    /// Most bytes of it that are read. 256 MiB.
    private static let maximumStatus = 256 << 20

    /// The names in a `packages.txt`, without comments and versions.
    static func names(_ bytes: [UInt8]) -> [String] {
        bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.flatMap { line -> [String] in
            line.prefix { $0 != UInt8(ascii: "#") }.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map {
                word in
                String(decoding: word.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ":") }, as: UTF8.self)
            }
        }
    }

    /// Those of the names that are not installed; none where there is no dpkg to tell. Blocks.
    static func missing(_ names: [String]) -> [String] {
        guard !names.isEmpty, let bytes = Folders.contents(status, upTo: maximumStatus) else { return [] }
        var installed: Set<String> = []
        var package: String?
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "Package: ".utf8) {
                package = String(decoding: line.dropFirst(9), as: UTF8.self)
            } else if line.elementsEqual("Status: install ok installed".utf8), let package {
                installed.insert(package)
            }
        }
        return names.filter { !installed.contains($0) }
    }
}
