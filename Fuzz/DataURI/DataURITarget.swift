// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import FuzzReferences

/// Data URIs against the fetch standard's steps: whole, in pieces, by their size alone, and up to a limit.
struct DataURITarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        // The scheme is given, else most inputs would end there; but for those that begin with a question mark.
        let isBare = input.first == UInt8(ascii: "?")
        let given: [UInt8] = isBare ? Array(input.dropFirst()) : Array("data:".utf8) + input
        let text = String(decoding: given, as: UTF8.self)
        let bytes = Array(text.utf8)
        let expected = ReferenceDataURI(bytes)
        let header = try? DataURI.Header(text)
        promise((header == nil) == (expected == nil), "a header is \(header == nil ? "refused" : "accepted")")
        guard let header, let expected else {
            promise((try? DataURI(text, maximumSize: .max)) == nil, "a URI without a header is read")
            promise(!DataURI.isStrictlyWellFormed(text), "a URI without a header is well-formed")
            return
        }
        promise(
            isSame(header.mediaType.description, expected.mediaType),
            "the type is \(header.mediaType), expected \(expected.mediaType)")
        promise(header.isBase64 == expected.isBase64, "base 64 is \(header.isBase64)")
        promise(header.hasExplicitType == expected.hasExplicitType, "an explicit type is \(header.hasExplicitType)")
        promise(header.payloadOffset == expected.payloadOffset, "the payload begins elsewhere")
        checkWhole(text, header, expected)
        checkPieces(bytes, header, expected.bytes)
    }

    private func checkWhole(_ text: String, _ header: DataURI.Header, _ expected: ReferenceDataURI) {
        let found = subject(text)
        promise(found?.bytes == expected.bytes, "the payload reads otherwise")
        promise(found == nil || found?.mediaType == header.mediaType, "the type differs from the header's")
        promise((try? DataURI.decodedSize(of: text)) == expected.bytes?.count, "another size is foretold")
        if DataURI.isStrictlyWellFormed(text) {
            promise(found != nil && (header.isBase64 || header.hasExplicitType), "what is well-formed does not read")
            promise(
                !text.utf8.prefix(header.payloadOffset).contains { $0 < 0x20 || $0 > 0x7E },
                "a header is well-formed with other than visible ASCII")
        }
        guard let count = expected.bytes?.count else { return }
        promise((try? DataURI(text, maximumSize: count)) != nil, "it is refused at its very size")
        promise(count == 0 || (try? DataURI(text, maximumSize: count - 1)) == nil, "it is read beyond the limit")
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

    private func checkPieces(_ text: [UInt8], _ header: DataURI.Header, _ whole: [UInt8]?) {
        let payload = Array(text[header.payloadOffset...])
        var randomness = Randomness(text)
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
        checkLimit(payload, header, whole, &randomness)
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
