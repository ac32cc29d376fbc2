// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A folder with Ferry's sources, where a Swift package finds the app kit.
struct FerryCheckout: Sendable, Hashable {
    /// The folder. Absolute.
    let folder: String

    /// The folder given, else the one that this program was built in, while it is there.
    ///
    /// - Parameter executable: this program's path.
    /// - Throws: ``CommandFailure`` if the folder given is no checkout, or if there is none.
    static func find(given: String?, executable: String? = Executable.path) throws -> FerryCheckout {
        if let given {
            let path = try LocalFolder.absolute(given)
            guard holdsKit(path) else {
                throw CommandFailure(
                    .localFileNotFound, "\(given) holds no sources of Ferry; --ferry takes a checkout of Ferry")
            }
            return FerryCheckout(folder: path)
        }
        // Build folders lie within the checkout, whatever they are called.
        var parts = LocalFolder.parts(executable ?? "")
        while parts.popLast() != nil {
            let folder = "/" + parts.joined(separator: "/")
            if holdsKit(folder) { return FerryCheckout(folder: folder) }
        }
        throw CommandFailure(
            .refused,
            "a Swift app needs Ferry's sources to build, and none are known here; give --ferry DIR, a checkout "
                + "of Ferry")
    }

    private static func holdsKit(_ folder: String) -> Bool {
        access("\(folder)/Package.swift", R_OK) == 0 && access("\(folder)/Sources/FerryApp", R_OK) == 0
    }

    /// The line of a package's description that names it.
    var dependency: String {
        let quoted = folder.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return ".package(name: \"ferry\", path: \"\(quoted)\")"
    }
}
