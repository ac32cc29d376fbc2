// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Gets what lies at an http or https address. The cache asks for nothing by any other way, so that one guard watches
/// all of it.
package protocol FileFetching: Sendable {
    /// Sends one GET; redirects are followed within, tries are not repeated.
    ///
    /// - Returns: the answer, whatever its status.
    /// - Throws: ``AppFailure`` with a code of a file, and `CancellationError`.
    func get(_ url: String, headers: [(String, String)]) async throws -> FetchedFile
}

/// The answer to a GET.
package struct FetchedFile: Sendable {
    /// HTTP status.
    package var status: Int
    /// All fields of a name, in any case and in order.
    package var headers: @Sendable (_ name: String) -> [String]
    /// The name the answer or the address it came from in the end gives; raw, nil if neither tells one.
    package var filename: String?
    /// The bytes, to be had once. Throws ``AppFailure`` if they break off.
    package var body: any AsyncSequence<ByteBuffer, any Error> & Sendable

    /// An answer of these values.
    package init(
        status: Int, headers: @escaping @Sendable (String) -> [String], filename: String?,
        body: any AsyncSequence<ByteBuffer, any Error> & Sendable
    ) {
        self.status = status
        self.headers = headers
        self.filename = filename
        self.body = body
    }

    /// The first field of a name, in any case.
    package func header(_ name: String) -> String? { headers(name).first }
}
