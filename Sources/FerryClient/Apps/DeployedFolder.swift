// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The files of an app's folder that are deployed, over HTTP as on this machine. Blocks: for the thread pool.
package struct DeployedFolder: Sendable {
    /// Most files, and deepest nesting, of an app.
    package static let maximumFiles = 10_000
    package static let maximumDepth = 32

    /// A file to deploy.
    package struct File: Sendable, Hashable {
        /// Relative to the folder, parted by `/`.
        package var path: String
        /// Where its bytes are, every link resolved.
        package var source: String
        /// Whether its owner may run it.
        package var isExecutable: Bool
    }

    /// In the order of their paths.
    package private(set) var files: [File] = []
    private let root: String

    /// Looks at a folder with an `inf.yml`.
    ///
    /// - Throws: ``FerryError`` (`localFileNotFound`, `localFile`, `invalidInput` naming what cannot be deployed).
    package init(_ path: String) throws {
        guard let root = Self.resolved(path) else { throw FerryError.localFile(errno, "read", path) }
        self.root = root
        try collect(root, "", depth: 0)
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        guard files.contains(where: { $0.path == "inf.yml" }) else {
            throw FerryError(.invalidInput, "\(path) holds no inf.yml; `ferry app init` makes a folder that does")
        }
    }

    /// What is made anew or is nobody else's business: hidden files, caches, environments.
    private static func isSkipped(_ name: String) -> Bool {
        name.utf8.first == UInt8(ascii: ".") || name == "__pycache__" || name == "venv" || name.hasSuffix(".pyc")
    }

    private mutating func collect(_ folder: String, _ prefix: String, depth: Int) throws {
        guard depth <= Self.maximumDepth else {
            throw FerryError(.invalidInput, "\(prefix) lies deeper than \(Self.maximumDepth) folders; flatten the app")
        }
        for name in try Self.names(in: folder) where !Self.isSkipped(name) {
            let path = prefix + name
            guard let source = Self.resolved("\(folder)/\(name)") else {
                throw FerryError.localFile(errno, "read", path)
            }
            // A link elsewhere would carry strangers' files along.
            guard source.utf8.starts(with: "\(root)/".utf8) else {
                throw FerryError(
                    .invalidInput, "\(path) is a link that leads out of the folder; put a copy in its place")
            }
            var status = stat()
            guard stat(source, &status) == 0 else { throw FerryError.localFile(errno, "read", path) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try collect(source, path + "/", depth: depth + 1)
            case S_IFREG:
                files.append(File(path: path, source: source, isExecutable: status.st_mode & S_IXUSR != 0))
                guard files.count <= Self.maximumFiles else {
                    throw FerryError(
                        .limitExceeded, "the app has more than \(Self.maximumFiles) files; leave data out of it")
                }
            default: throw FerryError(.invalidInput, "\(path) is no regular file; take it out of the folder")
            }
        }
    }

    private static func names(in folder: String) throws -> [String] {
        guard let stream = opendir(folder) else { throw FerryError.localFile(errno, "read", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else {
                throw FerryError(.invalidInput, "\(folder) holds a file whose name is not UTF-8; rename it")
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    private static func resolved(_ path: String) -> String? {
        guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
