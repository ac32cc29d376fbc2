// SPDX-License-Identifier: Apache-2.0

extension MediaType {
    /// How many of a file's first bytes detection makes use of.
    public static let headLength = 4096

    /// The media type of a file, without parameters, by what it holds and else by what it is called.
    ///
    /// A known signature decides, except that office documents, archives of code and other formats that share a
    /// container are settled by the name. Without one the name's extension decides, unless the content is text and the
    /// extension stands for something that text never is. What is left is `text/plain` or `application/octet-stream`.
    ///
    /// - Parameters:
    ///   - head: the first bytes, ``headLength`` of them if there are so many; none if they are not known.
    ///   - filename: the file's name or path, if it has one.
    ///   - isWhole: whether `head` is the whole file; otherwise a character cut at its end is forgiven.
    ///   - systemType: what the system says of the extension; counts where the built-in table knows nothing.
    public static func detect(
        head: some Collection<UInt8>, filename: String?, isWhole: Bool = false, systemType: String? = nil
    ) -> String {
        let isWhole = isWhole && head.count <= headLength
        let head = Array(head.prefix(headLength))
        let named = filename.flatMap { MediaType(filename: $0) } ?? systemType.flatMap { MediaType($0) }
        if let signature = ContentSignature.detect(head) {
            if let named = named?.essence, signature.isContainer(of: named) { return named }
            return signature.mediaType
        }
        guard !head.isEmpty else { return (named ?? .octetStream).essence }
        let isText = TextContent.isText(head: head, isWhole: isWhole)
        if let named, !(isText && ContentSignature.isNeverText(named.essence)) { return named.essence }
        guard isText else { return octetStream.essence }
        return TextContent.markup(head) ?? plainText.essence
    }
}
