// SPDX-License-Identifier: Apache-2.0

/// What the paths of a deployed app may be.
struct AppFolderRules {
    /// Most bytes of a path, and of one component of it.
    static let maximumPathLength = 1024
    static let maximumComponentLength = 255

    let limits: ServerLimits

    /// - Throws: ``ServerError`` of code `validation_error` naming the first path that is not acceptable.
    func check(_ paths: [String]) throws(ServerError) {
        guard paths.count <= limits.maximumAppFiles else {
            throw ServerError(
                .validation, "/files: an app may have at most \(limits.maximumAppFiles) files; leave data out of it")
        }
        var seen: Set<[UInt8]> = []
        for (index, path) in paths.enumerated() {
            func refusal(_ reason: String) -> ServerError {
                ServerError(.validation, "/files/\(index)/path: \(reason)")
            }
            if let reason = Self.fault(of: path) { throw refusal(reason) }
            guard seen.insert(Array(path.utf8)).inserted else { throw refusal("named twice") }
        }
        // A file cannot be the folder of another one.
        for (index, path) in paths.enumerated() {
            let bytes = Array(path.utf8)
            for end in bytes.indices where bytes[end] == UInt8(ascii: "/") && seen.contains(Array(bytes[..<end])) {
                throw ServerError(.validation, "/files/\(index)/path: lies inside another file")
            }
        }
        guard seen.contains(Array("inf.yml".utf8)) else {
            throw ServerError(.validation, "/files: an app needs a file inf.yml that describes it")
        }
    }

    private static func fault(of path: String) -> String? {
        let bytes = Array(path.utf8)
        guard (1...maximumPathLength).contains(bytes.count) else {
            return "must have 1 to \(maximumPathLength) bytes"
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return "must hold no control characters and no backslashes"
        }
        for component in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !component.isEmpty else { return "must be relative, its components parted by single slashes" }
            guard component.first != UInt8(ascii: ".") else { return "no component may begin with a dot" }
            guard component.count <= maximumComponentLength else {
                return "no component may have more than \(maximumComponentLength) bytes"
            }
        }
        return nil
    }
}
