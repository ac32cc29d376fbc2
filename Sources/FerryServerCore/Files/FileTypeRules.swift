// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// What a file's media type is, of all that was said of it.
///
/// What its record declares, else what came with its bytes, else what the bytes tell, else what its name says, else
/// `application/octet-stream`. To say nothing, or `application/octet-stream`, or no media type at all, is the same.
enum FileTypeRules {
    /// A media type somebody gave; nil if it says nothing.
    static func given(_ text: String?) -> MediaType? {
        guard let type = text.flatMap({ MediaType($0) }), type.essence != MediaType.octetStream.essence else {
            return nil
        }
        return type
    }

    /// Refuses a type that could break out of a header. Any other text that is no media type counts as none.
    ///
    /// - Throws: ``ServerError`` of code `validation_error` that names the place.
    static func check(_ text: String?, place: String) throws(ServerError) {
        guard text?.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) != true else {
            throw ServerError(
                .validation, "\(place)/content_type: holds a control character; write a media type as image/png")
        }
    }

    /// As ``given(_:)``, of a request's header. Tools that know nothing of the body send the type of a form.
    static func header(_ text: String?) -> MediaType? {
        given(text).flatMap { $0.essence == "application/x-www-form-urlencoded" ? nil : $0 }
    }

    /// What bytes and name together tell.
    ///
    /// - Parameters:
    ///   - content: what a detector says of the bytes.
    ///   - head: the first bytes.
    static func settled(content: MediaType?, head: [UInt8], filename: String) -> MediaType {
        let named = MediaType(filename: filename)
        let signature = ContentSignature.detect(head)
        let told = content.flatMap { isEvidence($0) ? $0 : nil } ?? signature.flatMap { MediaType($0.mediaType) }
        guard let told else { return named ?? .octetStream }
        // Office documents and others share a container; only the name tells which it is.
        guard let named, named.essence == told.essence || signature?.isContainer(of: named.essence) == true else {
            return told
        }
        return named
    }

    /// Whether to take a detector's word: for kinds of file in general use that their bytes mark. Text can be anything,
    /// so its name decides; and of rare kinds bytes at random look like one too often.
    private static func isEvidence(_ type: MediaType) -> Bool {
        let essence = type.essence
        let isText =
            essence.hasPrefix("text/") || essence.hasSuffix("+json")
            || ["application/json", "application/x-ndjson", "application/yaml", "application/toml"].contains(essence)
            || essence == "application/x-shellscript" || essence == "application/x-subrip"
        return !isText && essence != MediaType.octetStream.essence && type.preferredExtension != nil
    }
}

/// The first bytes of a stream, kept while they pass.
final class HeadSample {
    private let limit: Int
    private(set) var bytes: [UInt8] = []

    /// Keeps at most so many.
    init(limit: Int) { self.limit = limit }

    func take(_ chunk: some Collection<UInt8>) {
        guard bytes.count < limit else { return }
        bytes.append(contentsOf: chunk.prefix(limit - bytes.count))
    }
}
