// SPDX-License-Identifier: Apache-2.0

extension UploadPlan {
    /// Why a value is treated so. More rules may come with later versions.
    public struct Rule: Sendable, Hashable, CustomStringConvertible {
        /// The rule's stable name.
        public let description: String

        private init(_ name: String) { description = name }

        /// It was given as a ``FileInput``.
        public static let explicit = Rule("explicit")
        /// The schema says file, and it is a path.
        public static let fileFieldPath = Rule("file_field_path")
        /// The schema says file, and it is a data URI.
        public static let fileFieldDataURI = Rule("file_field_data_uri")
        /// The schema says file, and it is base64.
        public static let fileFieldBase64 = Rule("file_field_base64")
        /// The schema says file, and it is an address.
        public static let fileFieldURI = Rule("file_field_uri")
        /// The schema says file, and it is nothing that could be one.
        public static let fileFieldMismatch = Rule("file_field_mismatch")
        /// The schema says text.
        public static let textField = Rule("text_field")
        /// The schema leaves it open, and it is an existing file's absolute, `./`, `../` or `~/` path.
        public static let path = Rule("path")
        /// It is a data URI beyond doubt.
        public static let dataURI = Rule("data_uri")
        /// The schema leaves it open, and it is long base64 that is not hexadecimal.
        public static let base64 = Rule("base64")
        /// Nothing makes it a file.
        public static let text = Rule("text")
        /// It is a path to a place from which nothing is uploaded by a string.
        public static let deniedPath = Rule("denied_path")
        /// It is a path outside the folders that uploads are bound to.
        public static let outsideRoots = Rule("outside_roots")
        /// It is the path of a folder, a pipe, a device or the like.
        public static let notRegular = Rule("not_regular")
        /// It is the path of a file that cannot be read.
        public static let unreadable = Rule("unreadable")
        /// It is the path of a file that is larger than the policy allows.
        public static let sizeLimit = Rule("size_limit")
        /// It is one path more than the policy allows.
        public static let countLimit = Rule("count_limit")
        /// It is in an untrusted part of the input.
        public static let untrusted = Rule("untrusted")
        /// The policy takes no string for a file.
        public static let explicitOnly = Rule("explicit_only")
        /// The official rules take it for the path of a file.
        public static let referencePath = Rule("reference_path")
        /// The official rules take it for a data URI.
        public static let referenceDataURI = Rule("reference_data_uri")
        /// The official rules take it for base64.
        public static let referenceBase64 = Rule("reference_base64")
    }
}
