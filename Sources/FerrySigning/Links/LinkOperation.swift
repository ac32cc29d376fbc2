// SPDX-License-Identifier: Apache-2.0

/// What a signed link may be used for.
package enum LinkOperation: String, Sendable, Hashable, CaseIterable {
    /// Putting a file's bytes.
    case upload
    /// Reading a file's bytes.
    case content

    /// Whether the link may be used with that HTTP method, written as on the wire.
    package func allows(method: String) -> Bool {
        let methods =
            switch self {
            case .upload: ["PUT", "HEAD", "PATCH", "DELETE", "OPTIONS"]
            case .content: ["GET", "HEAD"]
            }
        return methods.contains { $0.utf8.elementsEqual(method.utf8) }
    }
}
