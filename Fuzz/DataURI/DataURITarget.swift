// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// Data URIs against the fetch standard's steps: whole, in pieces, by their size alone, and up to a limit.
struct DataURITarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        // The scheme is given, else most inputs would end there; but for those that begin with a question mark.
        let isBare = input.first == UInt8(ascii: "?")
        var randomness = Randomness(input)
        let stretched = randomness.stretched(
            input, beyond: MediaType.maximumLength, orBeyond: DataURI.maximumHeaderLength)
        let given: [UInt8] = isBare ? Array(stretched.dropFirst()) : Array("data:".utf8) + stretched
        let text = String(decoding: given, as: UTF8.self)
        let bytes = Array(text.utf8)
        let expected = ReferenceDataURI(bytes)
        // One look for each input; the hash of the input says which.
        let look = randomness.below(8)
        if look > 4 { return checkWhole(text, expected) }
        guard let (header, expected) = checkHeader(text, expected) else {
            return promise(!DataURI.isStrictlyWellFormed(text), "a URI without a header is well-formed")
        }
        let payload = Array(bytes[header.payloadOffset...])
        switch look {
        case 0: checkStrictness(of: text, header, canBeRead: expected.bytes != nil)
        case 1: checkSize(of: text, expected.bytes?.count, &randomness)
        case 2: checkLimit(payload, header, expected.bytes, &randomness)
        default: checkPieces(payload, header, expected.bytes, &randomness)
        }
    }

    private func checkHeader(
        _ text: String, _ expected: ReferenceDataURI?
    ) -> (header: DataURI.Header, expected: ReferenceDataURI)? {
        let header = try? DataURI.Header(text)
        promise((header == nil) == (expected == nil), "a header is \(header == nil ? "refused" : "accepted")")
        guard let header, let expected else { return nil }
        promise(
            isSame(header.mediaType.description, expected.mediaType),
            "the type is \(header.mediaType), expected \(expected.mediaType)")
        promise(header.isBase64 == expected.isBase64, "base 64 is \(header.isBase64)")
        promise(header.hasExplicitType == expected.hasExplicitType, "an explicit type is \(header.hasExplicitType)")
        promise(header.payloadOffset == expected.payloadOffset, "the payload begins elsewhere")
        return (header, expected)
    }

    private func checkWhole(_ text: String, _ expected: ReferenceDataURI?) {
        let found = subject(text)
        promise(found?.bytes == expected?.bytes, "the payload reads otherwise")
        guard let found, let expected else { return }
        promise(
            isSame(found.mediaType.description, expected.mediaType),
            "the type is \(found.mediaType), expected \(expected.mediaType)")
    }

    private func checkStrictness(of text: String, _ header: DataURI.Header, canBeRead: Bool) {
        guard DataURI.isStrictlyWellFormed(text) else { return }
        promise(canBeRead && (header.isBase64 || header.hasExplicitType), "what is well-formed does not read")
        promise(
            !text.utf8.prefix(header.payloadOffset).contains { $0 < 0x20 || $0 > 0x7E },
            "a header is well-formed with other than visible ASCII")
    }

    /// The size is known beforehand, and the limit holds to the byte.
    private func checkSize(of text: String, _ count: Int?, _ randomness: inout Randomness) {
        switch (randomness.below(3), count) {
        case (1, let count?):
            promise((try? DataURI(text, maximumSize: count)) != nil, "it is refused at its very size")
        case (2, let count?) where count > 0:
            promise((try? DataURI(text, maximumSize: count - 1)) == nil, "it is read beyond the limit")
        default: promise((try? DataURI.decodedSize(of: text)) == count, "another size is foretold")
        }
    }

    private func subject(_ text: String) -> DataURI? {
        guard var found = try? DataURI(text, maximumSize: .max) else { return nil }
        // Planted: behind a parameter an escape in base 64 is taken as it stands, and swallows the byte before.
        if isCanaryPlanted, found.mediaType.description.utf8.contains(0x3B), found.bytes.count > 2,
            (try? DataURI.Header(text))?.isBase64 == true, text.utf8.contains(0x25)
        {
            found.bytes.removeLast()
        }
        return found
    }

    private func checkPieces(
        _ payload: [UInt8], _ header: DataURI.Header, _ whole: [UInt8]?, _ randomness: inout Randomness
    ) {
        var decoder = DataURIDecoder(header)
        var bytes: [UInt8] = []
        var failure: DataURI.Invalid?
        do throws(DataURI.Invalid) {
            for chunk in randomness.chunks(payload) { bytes += try decoder.decode(chunk) }
            bytes += try decoder.finish()
        } catch {
            failure = error
        }
        promise((failure == nil) == (whole != nil), "pieces are \(failure == nil ? "accepted" : "refused")")
        promise(whole == nil || whole == bytes, "pieces decode otherwise")
    }

    /// In pieces too nothing beyond the limit comes out.
    private func checkLimit(
        _ payload: [UInt8], _ header: DataURI.Header, _ whole: [UInt8]?, _ randomness: inout Randomness
    ) {
        guard let whole, !whole.isEmpty else { return }
        let limit = randomness.below(whole.count)
        var decoder = DataURIDecoder(header, maximumSize: limit)
        var count = 0
        do throws(DataURI.Invalid) {
            for chunk in randomness.chunks(payload) {
                let piece = try decoder.decode(chunk)
                count += piece.count
            }
            _ = try decoder.finish()
            promise(false, "\(whole.count) bytes come out of pieces with a limit of \(limit)")
        } catch {
            promise(count <= limit, "\(count) bytes come out before the limit of \(limit) is told")
        }
    }
}
