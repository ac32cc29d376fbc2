// SPDX-License-Identifier: Apache-2.0

internal import CMagicSystem

/// The data base of file signatures cannot be used.
package struct MagicUnavailable: Error, Sendable, CustomStringConvertible {
    /// Why, and what to do.
    package let description: String
}

/// An open data base.
///
/// `@unchecked`: the library wants one caller at a time for each, and ``MagicTypeDetector`` gives each reader to one.
final class MagicReader: @unchecked Sendable {
    private let cookie: magic_t

    /// What is not looked for: the kinds of text, which their names tell, and what is inside of files.
    private static let flags =
        MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TEXT | MAGIC_NO_CHECK_CSV
        | MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_APPTYPE

    /// Bounds of the library's work, which grows with what a file says of itself.
    private static func limits(_ maximumLength: Int) -> [(name: Int32, value: Int)] {
        [
            (MAGIC_PARAM_BYTES_MAX, maximumLength), (MAGIC_PARAM_INDIR_MAX, 15), (MAGIC_PARAM_NAME_MAX, 50),
            (MAGIC_PARAM_REGEX_MAX, 4096), (MAGIC_PARAM_ELF_PHNUM_MAX, 128), (MAGIC_PARAM_ELF_SHNUM_MAX, 128),
            (MAGIC_PARAM_ELF_NOTES_MAX, 64), (MAGIC_PARAM_ENCODING_MAX, 4096),
        ]
    }

    /// Opens the system's data base. Blocks.
    init(maximumLength: Int) throws(MagicUnavailable) {
        guard let cookie = magic_open(Self.flags) else {
            throw MagicUnavailable(description: "no memory for the data base of file signatures")
        }
        for (name, value) in Self.limits(maximumLength) {
            var value = value
            guard magic_setparam(cookie, name, &value) == 0 else {
                magic_close(cookie)
                throw MagicUnavailable(description: "this libmagic is too old; install version 5.44 or later")
            }
        }
        guard magic_load(cookie, nil) == 0 else {
            let reason = magic_error(cookie).map { String(cString: $0) } ?? "no reason given"
            magic_close(cookie)
            throw MagicUnavailable(description: "no data base of file signatures (\(reason)); install libmagic-mgc")
        }
        self.cookie = cookie
    }

    deinit { magic_close(cookie) }

    /// The library's name for the type of bytes; nil if it fails.
    func mediaType(of bytes: ArraySlice<UInt8>) -> String? {
        bytes.withUnsafeBytes { magic_buffer(cookie, $0.baseAddress, $0.count) }.map { String(cString: $0) }
    }
}
