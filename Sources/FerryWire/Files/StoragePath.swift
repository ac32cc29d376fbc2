// SPDX-License-Identifier: Apache-2.0

/// The storage path of a file: the folder it is listed in. It names nothing on the server's disk.
public enum StoragePath {
    /// Most bytes of a path.
    public static let maximumLength = 1024

    /// Why a path is refused.
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// In words.
        public let description: String
    }

    /// The one form of a path: single slashes, none at the end (but for `/` itself), no `.` between them. Whether it
    /// begins with a slash stays as it was.
    ///
    /// - Throws: ``Refusal`` for more than ``maximumLength`` bytes, control characters and `..`.
    public static func normalized(_ path: String) throws(Refusal) -> String {
        guard path.utf8.count <= maximumLength else {
            throw Refusal(description: "must have at most \(maximumLength) bytes")
        }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Refusal(description: "must not contain control characters")
        }
        // By bytes: a slash with a combining mark is no slash to Character.
        let slash = UInt8(ascii: "/")
        let parts = path.utf8.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        guard !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw Refusal(description: "must not contain ..; give the folder as it shall be")
        }
        let joined = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        return path.utf8.first == slash ? "/" + joined : joined
    }
}
