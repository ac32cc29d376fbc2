// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore

extension String {
    /// The text for a text column or a comparison with one.
    ///
    /// - Throws: `ServerError` if it holds a NUL: the library ends texts there, so that half of it would be stored, and
    ///   an id with a tail would be found.
    var storable: String {
        get throws(ServerError) {
            guard !utf8.contains(0) else {
                throw ServerError(.validation, "text must not contain the character U+0000; remove it")
            }
            return self
        }
    }
}
