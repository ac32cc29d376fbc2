// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import HTTPTypes

/// Conditional requests (RFC 9110 section 13), for content with a strong entity tag.
struct Preconditions {
    enum Outcome: Equatable {
        case proceed, notModified, failed
    }

    /// The entity tag with its quotes.
    let entityTag: String
    let lastModified: Timestamp

    func evaluate(_ headers: HTTPFields) -> Outcome {
        if let value = headers[.ifMatch] {
            guard contains(value, weakly: false) else { return .failed }
        } else if let date = headers[.ifUnmodifiedSince].flatMap(HTTPDate.parse) {
            guard lastModified.seconds <= date.seconds else { return .failed }
        }
        if let value = headers[.ifNoneMatch] {
            if contains(value, weakly: true) { return .notModified }
        } else if let date = headers[.ifModifiedSince].flatMap(HTTPDate.parse) {
            if lastModified.seconds <= date.seconds { return .notModified }
        }
        return .proceed
    }

    /// Whether a range applies: no `If-Range`, or one with this very entity tag. Weak tags and dates never match,
    /// since a date cannot tell two versions within a second apart.
    func allowsRange(_ headers: HTTPFields) -> Bool {
        guard let value = headers[.ifRange] else { return true }
        return value == entityTag
    }

    private func contains(_ list: String, weakly: Bool) -> Bool {
        list.split(separator: ",").contains { item in
            var tag = String(item.drop { $0 == " " || $0 == "\t" })
            while tag.last == " " || tag.last == "\t" { tag.removeLast() }
            if tag == "*" { return true }
            if weakly, tag.utf8.starts(with: "W/".utf8) { tag = String(tag.dropFirst(2)) }
            return tag == entityTag
        }
    }
}
