// SPDX-License-Identifier: Apache-2.0

/// The query of a signed link, `exp=…&kid=…[&max=…]&sig=…`.
///
/// There is one spelling for each value, so whatever differs by a byte is another link: no percent-encoding, no
/// parameter twice, none unknown, numbers without sign and leading zeros, lower-case hexadecimal.
struct LinkQuery: Sendable, Hashable {
    /// Bytes of a signature.
    static let signatureLength = 32
    /// The greatest number a link may carry.
    static let maximumNumber: Int64 = 1 << 62
    /// Most bytes of a query that is looked at.
    static let maximumLength = 512

    var expires: Int64
    var keyID: String
    var maximumSize: Int64?
    var signature: [UInt8]

    /// The query as it stands in a URL, without the question mark.
    var text: String {
        var text = "exp=\(expires)&kid=\(keyID)"
        if let maximumSize { text += "&max=\(maximumSize)" }
        return text + "&sig=" + Hexadecimal.encode(signature)
    }

    init(expires: Int64, keyID: String, maximumSize: Int64?, signature: [UInt8]) {
        self.expires = expires
        self.keyID = keyID
        self.maximumSize = maximumSize
        self.signature = signature
    }

    /// Reads a query; nil unless it is exactly of this form. The parameters may come in any order.
    init?(_ query: String) {
        let bytes = Array(query.utf8)
        guard bytes.count <= Self.maximumLength else { return nil }
        var values: [String: ArraySlice<UInt8>] = [:]
        for part in bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = part[..<equals]
            guard let known = ["exp", "kid", "max", "sig"].first(where: { name.elementsEqual($0.utf8) }),
                values.updateValue(part[(equals + 1)...], forKey: known) == nil
            else { return nil }
        }
        guard let expiresText = values["exp"], let expires = Self.number(expiresText),
            let keyID = values["kid"], SigningKey.isName(keyID),
            let signatureText = values["sig"], let signature = Hexadecimal.decode(signatureText),
            signature.count == Self.signatureLength
        else { return nil }
        if let maximumText = values["max"] {
            guard let maximum = Self.number(maximumText) else { return nil }
            maximumSize = maximum
        }
        self.expires = expires
        self.keyID = String(decoding: keyID, as: UTF8.self)
        self.signature = signature
    }

    /// A number in its one spelling, 0 to 2^62.
    private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
        guard (1...19).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0") else { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return value <= UInt64(maximumNumber) ? Int64(value) : nil
    }
}
