// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a Swift package finds Ferry's own.
enum FerryCheckout: Sendable, Hashable {
    /// A folder with Ferry's sources. Absolute.
    case folder(String)
    /// The address of Ferry's repository.
    case address

    /// The folder given, else the one that this program was built in, while it is there, else the address.
    ///
    /// - Parameter executable: this program's path.
    /// - Throws: ``CommandFailure`` if the folder given holds no package.
    static func find(given: String?, executable: String? = Executable.path) throws -> FerryCheckout {
        if let given {
            let path = try LocalFolder.absolute(given)
            guard holdsPackage(path) else {
                throw CommandFailure(
                    .localFileNotFound, "\(given) holds no Package.swift; --ferry takes a folder with Ferry's sources")
            }
            return .folder(path)
        }
        let parts = LocalFolder.parts(executable ?? "")
        guard let build = parts.lastIndex(of: ".build") else { return .address }
        let folder = "/" + parts[..<build].joined(separator: "/")
        return holdsPackage(folder) ? .folder(folder) : .address
    }

    private static func holdsPackage(_ folder: String) -> Bool { access("\(folder)/Package.swift", R_OK) == 0 }

    /// The line of a package's description that names it.
    var dependency: String {
        switch self {
        case .folder(let path):
            let quoted = path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return ".package(name: \"ferry\", path: \"\(quoted)\")"
        case .address: return ".package(url: \"https://github.com/…/ferry\", from: \"@VERSION@\")"
        }
    }
}
